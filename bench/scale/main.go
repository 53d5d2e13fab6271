// Command scale computes what copies of many objects take: their time, their cost and the limit of AWS that they meet first. It simulates the
// distributed copy second by second from the inputs in inputs.go, each with its page. It measures nothing and calls no AWS.
//
//	go run ./bench/scale            print the tables
//	go run ./bench/scale -update    write them into docs/scale.md
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	update := flag.Bool("update", false, "write the tables into "+document)
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "scale: found argument %q, expected none\n", flag.Arg(0))
		os.Exit(2)
	}
	if !*update {
		for _, t := range tables() {
			fmt.Printf("%s\n\n%s\n", t.name, t.text)
		}
		return
	}
	if err := store("."); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}
