// Package transcript reads the console blocks of documents, for the tests that run them. It runs nothing.
package transcript

import "strings"

// Read splits a block into its commands, which begin with "$ " and go on after a \ or within quotes, and what they print.
func Read(block string) (commands []string, printed string) {
	goesOn := false
	for line := range strings.Lines(block) {
		command, begins := strings.CutPrefix(line, "$ ")
		switch {
		case goesOn:
			commands[len(commands)-1] += line
		case begins:
			commands = append(commands, command)
		default:
			printed += line
			continue
		}
		command = commands[len(commands)-1]
		goesOn = strings.HasSuffix(command, "\\\n") || strings.Count(command, "'")%2 == 1
	}
	return commands, printed
}

// Matches says whether a text is the expected one, in which a line with … is any lines.
func Matches(expected, found string) bool {
	parts := strings.Split("\n"+expected, "\n…\n")
	rest, ok := strings.CutPrefix("\n"+strings.TrimLeft(found, "\n"), parts[0])
	for i, part := range parts[1:] {
		if !ok {
			return false
		}
		if i == len(parts)-2 {
			return strings.HasSuffix(rest, "\n"+part) || part == ""
		}
		_, rest, ok = strings.Cut(rest, "\n"+part)
	}
	return ok && rest == ""
}
