package question

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// generated is a part of a name that AWS generates, as reports have it.
var generated = regexp.MustCompile("‹[^‹›]*›")

// pasted is a name as the model has it, of one that a report printed: with parts that AWS generates in ‹›.
func pasted(name string) string {
	return generated.ReplaceAllStringFunc(name, func(one string) string { return policy.Unresolved(one[len("‹") : len(one)-len("›")]) })
}

// asDeployed is the ARN as the templates have it of something that AWS names by its ARN: with the name that CloudFormation generated, if the templates give
// it none. Itself for any other.
func asDeployed(all []Named, asked string) (string, error) {
	a, ok := arn.Parse(asked)
	if !ok || !policy.IsKnown(asked) {
		return asked, nil
	}
	var found []Named
	var meant string
	for _, n := range all {
		if n.arn == asked {
			return asked, nil
		}
		if n.resource.Type == "AWS::SecretsManager::Secret" && isSecretCalled(n, asked) {
			found, meant = append(found, n), n.arn
			continue
		}
		before, after, ok := strings.Cut(n.arn, n.resource.Name)
		if n.workload != nil || policy.IsKnown(n.resource.Name) || !ok || after != "" {
			continue
		}
		rest, ok := cutPrefix(asked, before)
		if !ok {
			continue
		}
		end := len(rest)
		if i := strings.IndexAny(rest, "/:"); i >= 0 {
			end = i
		}
		if mayBeCalled(n.resource, rest[:end], a.Service == "s3") {
			found, meant = append(found, n), n.arn+rest[end:]
		}
	}
	switch len(found) {
	case 0:
		return asked, nil
	case 1:
		return meant, nil
	}
	return "", fmt.Errorf("%w: AWS may have called any of them so", severalNames(asked, found))
}

// isSecretCalled says that an ARN may be that of a secret to which CloudFormation gave a name: its logical ID and something random, and then as of each secret six
// characters. https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
func isSecretCalled(n Named, asked string) bool {
	front, _, _ := strings.Cut(n.arn, n.resource.Name)
	rest, ok := cutPrefix(asked, front)
	behind, isID := strings.CutPrefix(rest, n.resource.LogicalID+"-")
	return ok && isID && !policy.IsKnown(n.resource.Name) && secretEnd.MatchString(behind)
}

var secretEnd = regexp.MustCompile("^[A-Za-z0-9]{12}-[A-Za-z0-9]{6}$")

// cutPrefix cuts the front of an ARN up to a name. A part of the front that is not known, such as an account, is any.
func cutPrefix(asked, front string) (rest string, ok bool) {
	if policy.IsKnown(front) {
		return strings.CutPrefix(asked, front)
	}
	parts, fronts := strings.Split(asked, ":"), strings.Split(front, ":")
	if len(parts) < len(fronts) {
		return "", false
	}
	last := len(fronts) - 1
	for i, one := range fronts[:last] {
		if policy.IsKnown(one) && one != parts[i] {
			return "", false
		}
	}
	return strings.CutPrefix(strings.Join(parts[last:], ":"), fronts[last])
}

// asURI is the ARN of a bucket or an object that is named as the AWS command line does: s3://BUCKET/KEY.
func asURI(m *model.Model, name string) string {
	rest, ok := strings.CutPrefix(name, "s3://")
	if !ok {
		return name
	}
	partition := "aws"
	if len(m.Assembly.Stacks) > 0 && policy.IsKnown(m.Assembly.Stacks[0].Partition) {
		partition = m.Assembly.Stacks[0].Partition
	}
	return "arn:" + partition + ":s3:::" + strings.TrimSuffix(rest, "/")
}
