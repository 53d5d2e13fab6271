package page

import (
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// label is the name of a resource: its construct's path without the stack, or its logical ID.
func label(r *assembly.Resource) string {
	_, path, ok := strings.Cut(strings.TrimSuffix(r.Path, "/Resource"), "/")
	if !ok {
		return shortID(r.LogicalID)
	}
	return path
}

// cdkHash is the end of the logical IDs that the CDK generates.
var cdkHash = regexp.MustCompile(`([a-z0-9])[0-9A-F]{8}$`)

// shortID is a readable ID of a resource: of one that AWS generates, the logical ID.
func shortID(id string) string {
	id = policy.Readable(id)
	if inner, unknown := strings.CutPrefix(id, "‹"); unknown && strings.Count(id, "‹") == 1 {
		inner = strings.TrimSuffix(inner, "›")
		id = inner[strings.LastIndexByte(inner, '.')+1:]
	}
	return cdkHash.ReplaceAllString(id, "$1")
}

// fold breaks a name into at most most lines of at most width characters, after a separator if the rest then fits. It leaves out the middle of
// a name that needs more. It returns no line for "".
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

// serviceName is the usual spelling of a service, which a route has in capital letters.
func serviceName(service string) string {
	if name, ok := strings.CutPrefix(service, "DYNAMODB"); ok {
		return "DynamoDB" + strings.ReplaceAll(strings.ToLower(name), "-", " ")
	}
	return service
}
