package accounts

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// WithNamed returns an assembly that also has the resources that no template has and whose policies templates set, such as a bucket that is there already, or
// the default event bus. Of these only the name is known, and the policy.
func WithNamed(a *assembly.Assembly) *assembly.Assembly {
	known := map[string]bool{} // by ARN, and by account, type and Ref
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			if r.ARN != "" {
				known[r.ARN], known[inAccount(r, r.Type+" "+r.Ref)] = true, true
			}
		}
	}
	var more []*assembly.Stack
	for _, s := range a.Stacks {
		extra := *s
		extra.Label, extra.Resources, extra.Outputs = s.Label+" (names)", nil, nil
		for _, r := range s.Resources {
			add := func(of, name, nameARN string) {
				if _, ok := arn.Parse(nameARN); !ok || known[nameARN] || known[inAccount(r, of+" "+name)] {
					return
				}
				known[nameARN] = true
				extra.Resources = append(extra.Resources, &assembly.Resource{Stack: &extra, LogicalID: r.LogicalID, Type: of, Path: r.Path, Name: lastPart(nameARN), Ref: name, ARN: nameARN,
					Properties: map[string]any{}, Metadata: r.Metadata})
			}
			if t, ok := policyTypes[r.Type]; ok {
				for _, name := range assembly.Listed(r.Properties[t.resources]) {
					add(t.of, text(name), namedARN(r, t.of, text(name)))
				}
			}
			switch r.Type {
			case "AWS::Lambda::Permission":
				function := functionARN(r, text(r.Properties["FunctionName"]))
				if parts, ok := arn.Parse(function); ok {
					parts.Resource = first(2, ":", parts.Resource)
					add("AWS::Lambda::Function", lastPart(parts.String()), parts.String())
				}
			case "AWS::Events::EventBusPolicy":
				bus := eventBusARN(r, text(r.Properties["EventBusName"]))
				add("AWS::Events::EventBus", lastPart(bus), bus)
			}
		}
		if len(extra.Resources) > 0 {
			more = append(more, &extra)
		}
	}
	if len(more) == 0 {
		return a
	}
	return a.With(more...)
}

// namedARN returns the ARN of a resource that the policy of a type names: by its ARN, its name, or the URL of a queue. "" if it is not known.
func namedARN(r *assembly.Resource, of, name string) string {
	if strings.HasPrefix(name, "arn:") || name == "" {
		return name
	}
	switch of {
	case "AWS::S3::Bucket":
		return arn.ARN{Partition: r.Stack.Partition, Service: "s3", Resource: name}.String()
	case "AWS::SecretsManager::Secret":
		return arnOf(r, "secretsmanager", "secret:"+name)
	case "AWS::SQS::Queue": // https://sqs.REGION.amazonaws.com/ACCOUNT/NAME
		if host, rest, ok := strings.Cut(strings.TrimPrefix(name, "https://"), "/"); ok && policy.IsKnown(host) {
			account, queue, _ := strings.Cut(rest, "/")
			return arn.ARN{Partition: r.Stack.Partition, Service: "sqs", Region: r.Stack.Region, Account: account, Resource: queue}.String()
		}
	}
	return ""
}

// lastPart is what follows the last separator of an ARN.
func lastPart(name string) string { return name[strings.LastIndexAny(name, ":/")+1:] }
