package assembly

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// named returns the templates, each with the name of a stack.
func named(files []TemplateFile) []TemplateFile {
	all := slices.Clone(files)
	type place struct{ name, account, region string }
	at := func(f TemplateFile, name string) place { return place{name, f.Account, f.Region} }
	taken := map[place]bool{}
	for _, f := range files {
		if f.StackName != "" {
			taken[at(f, f.StackName)] = true
		}
	}
	for i := range all {
		f := &all[i]
		if f.StackName != "" {
			continue
		}
		parts := strings.Split(filepath.ToSlash(filepath.Clean(f.Path)), "/")
		parts[len(parts)-1] = withoutExtension(parts[len(parts)-1])
		for n := 1; f.StackName == ""; n++ {
			name := stackNameOf(strings.Join(parts[max(len(parts)-n, 0):], "-"))
			if n > len(parts) { // one file that is given twice
				name += "-" + strconv.Itoa(n-len(parts)+1)
			}
			if !taken[at(*f, name)] {
				f.StackName, taken[at(*f, name)] = name, true
			}
		}
	}
	return all
}

// withoutExtension is the name of a template's file without ".yaml", ".template.json" or the like.
func withoutExtension(file string) string {
	return strings.TrimSuffix(strings.TrimSuffix(file, filepath.Ext(file)), ".template")
}

var notInStackNames = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// stackNameOf makes the name of a stack of a text: a letter, then letters, digits and hyphens, 100 at most.
func stackNameOf(text string) string {
	const longest = 100
	name := strings.Trim(notInStackNames.ReplaceAllString(text, "-"), "-")
	if !stackName.MatchString(name) {
		name = strings.TrimSuffix("stack-"+name, "-")
	}
	return strings.TrimRight(name[max(len(name)-longest, 0):], "-")
}
