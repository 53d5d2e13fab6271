package faults_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// stores are the servers of S3: moto, and with -whole those that can be had.
func stores(t *testing.T) []store {
	all := []store{{name: "moto", url: moto.AddressURL()}}
	if !*whole {
		return all
	}
	return append(all, others()...)
}

// others are started once. Each says whether it runs, and why not.
var others = sync.OnceValue(func() []store {
	var all []store
	for _, s := range []struct {
		name  string
		start func() (store, error)
	}{{"versitygw", versitygw}, {"S3Mock", s3mock}} {
		started, err := s.start()
		if err != nil {
			fmt.Printf("%s does not run: %v\n", s.name, err)
			continue
		}
		fmt.Printf("%s runs at %s\n", s.name, started.url)
		all = append(all, started)
	}
	return all
})

// versitygw is built from a module of its own, or given as VERSITYGW.
func versitygw() (store, error) {
	program := os.Getenv("VERSITYGW")
	if program == "" {
		program = filepath.Join(binaries, "versitygw")
		build := exec.Command("go", "build", "-modfile=tools/versitygw/go.mod", "-o", program, "github.com/versity/versitygw/cmd/versitygw")
		build.Dir = project
		if text, err := build.CombinedOutput(); err != nil {
			return store{}, fmt.Errorf("build it (or give it as VERSITYGW=PATH): %w: %.300s", err, text)
		}
	}
	folder := filepath.Join(binaries, "versitygw-data")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return store{}, err
	}
	url, err := serve(program, func(port string) []string {
		return []string{"--port", "127.0.0.1:" + port, "--region", region, "--access", "versitygw", "--secret", "secret-of-versitygw", "--quiet", "posix", folder}
	})
	return store{name: "versitygw", url: url, keys: &aws.Credentials{AccessKeyID: "versitygw", SecretAccessKey: "secret-of-versitygw"}}, err
}

// s3mock is adobe's server, a jar that S3MOCK names. It takes any key.
func s3mock() (store, error) {
	jar := os.Getenv("S3MOCK")
	if jar == "" {
		return store{}, errors.New("found no S3MOCK, expected the path of the exec jar of com.adobe.testing:s3mock")
	}
	folder := filepath.Join(binaries, "s3mock-data")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return store{}, err
	}
	url, err := serve("java", func(port string) []string {
		return []string{"-Dhttp.port=" + port, "-Dserver.port=0", "-jar", jar}
	}, "COM_ADOBE_TESTING_S3MOCK_STORE_REGION="+region, "COM_ADOBE_TESTING_S3MOCK_STORE_ROOT="+folder)
	return store{name: "S3Mock", url: url, keys: &aws.Credentials{AccessKeyID: "any", SecretAccessKey: "secret-of-s3mock"}, abortDeletes: true}, err
}

// dynalite is a server of DynamoDB, an npm package in the folder that DYNALITE names. It takes any key. "" if it does not run.
var dynalite = sync.OnceValue(func() string {
	folder := os.Getenv("DYNALITE")
	program := filepath.Join(folder, "node_modules", "dynalite", "cli.js")
	if _, err := os.Stat(program); folder == "" || err != nil {
		fmt.Println("dynalite does not run: found no DYNALITE, expected a folder in which npm installed it")
		return ""
	}
	url, err := serve("node", func(port string) []string {
		return []string{program, "--port", port, "--host", "127.0.0.1", "--createTableMs", "0"}
	})
	if err != nil {
		fmt.Println("dynalite does not run:", err)
		return ""
	}
	fmt.Println("dynalite runs at", url)
	return url
})
