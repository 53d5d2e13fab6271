package plugin

import (
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
)

// acknowledgements are the rules that the constructs of an app acknowledge, read only for the constructs that a violation is about.
type acknowledgements struct {
	app constructs.IConstruct
	own map[string]map[string]bool // the rules that a construct acknowledges itself, by the construct's path
}

// have says that a construct acknowledges a rule, or that one around it does, which is when CDK takes the construct out of a violation.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
func (a *acknowledgements) have(path, rule string) bool {
	construct, walked := a.app, ""
	if a.of(construct, walked)[rule] {
		return true
	}
	for id := range strings.SplitSeq(path, "/") {
		if construct = construct.Node().TryFindChild(&id); construct == nil {
			return false
		}
		walked += "/" + id
		if a.of(construct, walked)[rule] {
			return true
		}
	}
	return false
}

func (a *acknowledgements) of(construct constructs.IConstruct, path string) map[string]bool {
	if known, ok := a.own[path]; ok {
		return known
	}
	rules := map[string]bool{}
	for _, entry := range *construct.Node().Metadata() {
		if *entry.Type != "aws:cdk:acknowledged-rules" {
			continue
		}
		reasons, _ := entry.Data.(map[string]any)
		for rule := range reasons {
			rules[rule] = true
		}
	}
	a.own[path] = rules
	return rules
}
