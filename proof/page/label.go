package page

import (
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// label is what people call a resource: its construct's path without the stack, or its logical id.
func label(r *assembly.Resource) string {
	_, path, ok := strings.Cut(strings.TrimSuffix(r.Path, "/Resource"), "/")
	if !ok {
		return shortID(r.LogicalID)
	}
	return path
}

// cdkHash ends the logical ids that the CDK makes up.
var cdkHash = regexp.MustCompile(`([a-z0-9])[0-9A-F]{8}$`)

// shortID is what is told of the id of a resource: of one that AWS makes up, the logical id.
func shortID(id string) string {
	id = policy.Readable(id)
	if inner, unknown := strings.CutPrefix(id, "‹"); unknown && strings.Count(id, "‹") == 1 {
		inner = strings.TrimSuffix(inner, "›")
		id = inner[strings.LastIndexByte(inner, '.')+1:]
	}
	return cdkHash.ReplaceAllString(id, "$1")
}

// fold breaks a name into lines of at most width characters, after a separator if the rest then fits; of a name that takes more than the
// lines that there are, the middle is left out. It returns no line for "".
func fold(name string, width, most int) []string {
	runes := []rune(name)
	if len(runes) > width*most {
		keep := (width*most - 1) / 2
		runes = slices.Concat(runes[:keep], []rune{'…'}, runes[len(runes)-keep:])
	}
	var lines []string
	for len(runes) > 0 {
		at := min(width, len(runes))
		for i := at; i > width/2 && len(runes) > width && len(runes)-i <= width*(most-len(lines)-1); i-- {
			if strings.ContainsRune("-/._: ,", runes[i-1]) {
				at = i
				break
			}
		}
		lines = append(lines, strings.TrimSpace(string(runes[:at])))
		runes = runes[at:]
	}
	return lines
}

// serviceName is how people write the name of a service, of which a route has it in capital letters.
func serviceName(service string) string {
	if name, ok := strings.CutPrefix(service, "DYNAMODB"); ok {
		return "DynamoDB" + strings.ReplaceAll(strings.ToLower(name), "-", " ")
	}
	return service
}
