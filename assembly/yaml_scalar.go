package assembly

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scalar reads a text, number, boolean or null. CloudFormation reads YAML 1.1's booleans, and dates as text; a number that JSON does not
// have, such as an account with a leading zero, stays the text that it is.
func scalar(n *yaml.Node) (any, error) {
	if strings.IndexByte(n.Value, 0) >= 0 {
		return nil, nulProblem(n)
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch {
	case n.Style&yaml.TaggedStyle != 0 && strings.HasPrefix(n.Tag, "!!"):
		if !slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!null"}, n.Tag) {
			return nil, fmt.Errorf("line %d: found tag %s, expected none: CloudFormation reads no such type", n.Line, n.Tag)
		}
		if n.Tag == "!!str" {
			return n.Value, nil
		}
	case quoted || strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return n.Value, nil
	}
	if n.Tag == "!!null" {
		return nil, nil
	}
	if b, is := booleans[n.Value]; is {
		return b, nil
	}
	if isNumber(n.Value) {
		return json.Number(n.Value), nil
	}
	return n.Value, nil
}

// booleans are those of YAML 1.1 (https://yaml.org/type/bool.html), but for y and n, which its readers leave alone.
var booleans = func() map[string]bool {
	booleans := map[string]bool{}
	for word, value := range map[string]bool{"true": true, "yes": true, "on": true, "false": false, "no": false, "off": false} {
		booleans[word], booleans[strings.ToUpper(word)], booleans[strings.ToUpper(word[:1])+word[1:]] = value, value, value
	}
	return booleans
}()

func nulProblem(n *yaml.Node) error {
	return fmt.Errorf(`line %d: found the character \0, expected text without it: IAM has none, and it marks what is unknown`, n.Line)
}
