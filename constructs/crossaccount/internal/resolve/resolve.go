// Package resolve writes an app's texts as another account has to write them: in plain text, with the names that were set on resources and
// nothing that CloudFormation generates. It knows no policies and no grants.
package resolve

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/refusal"
	"github.com/crossgrant/crossgrant/internal/place"
)

// ErrUnnamed says that a text contains a name that CloudFormation generates.
var ErrUnnamed = errors.New("name not known at synthesis")

// Resolver resolves texts of one construct tree for an account that owns none of its resources.
type Resolver struct {
	// stack is in an app that is never synthesized. CDK resolves a reference to a resource of another environment to its physical name.
	stack  awscdk.Stack
	region string
	// plain are the texts that were asked for. What a token stands for never changes.
	plain map[string]string
}

// trees are the resolvers of each construct tree, by its root and the region. jsii keeps every object as long as the process lives, so
// that keeping the roots here costs nothing more.
var trees = struct {
	sync.Mutex
	byRoot map[constructs.IConstruct]*tree
}{byRoot: map[constructs.IConstruct]*tree{}}

type tree struct {
	app      awscdk.App
	byRegion map[string]*Resolver
}

// For returns the resolver of the scope's construct tree for texts of a region. A tree has one app of ours for all its resolvers.
func For(scope constructs.Construct, region string) *Resolver {
	trees.Lock()
	defer trees.Unlock()
	root := place.Root(scope)
	t := trees.byRoot[root]
	if t == nil {
		t = &tree{byRegion: map[string]*Resolver{}, app: awscdk.NewApp(&awscdk.AppProps{
			AutoSynth: jsii.Bool(false), Outdir: awscdk.Stage_Of(scope).Outdir(), // or CDK creates another directory
		})}
		trees.byRoot[root] = t
	}
	if t.byRegion[region] == nil {
		t.byRegion[region] = &Resolver{region: region, plain: map[string]string{}, stack: awscdk.NewStack(t.app, jsii.String("Resolver-"+region), &awscdk.StackProps{
			Env: &awscdk.Environment{Account: jsii.String("000000000000"), Region: jsii.String(region)},
		})}
	}
	return t.byRegion[region]
}

// Texts returns the values in plain text, or ErrUnnamed.
func (r *Resolver) Texts(values []string) (plain []string, err error) {
	unknown := slices.DeleteFunc(slices.Clone(values), func(value string) bool { return !HasToken(value) || r.plain[value] != "" })
	if len(unknown) > 0 {
		var resolved []any
		if refusal.Catch("physical name must be explicit set", func() { resolved, _ = r.stack.Resolve(unknown).([]any) }) {
			return nil, ErrUnnamed
		}
		for i, value := range resolved {
			text, ok := r.flat(value)
			if !ok {
				return nil, ErrUnnamed
			}
			r.plain[unknown[i]] = text
		}
	}
	for _, value := range values {
		if HasToken(value) {
			value = r.plain[value]
		}
		plain = append(plain, value)
	}
	return plain, nil
}

// Text returns one value in plain text, or ErrUnnamed.
func (r *Resolver) Text(value string) (string, error) {
	plain, err := r.Texts([]string{value})
	if err != nil {
		return "", err
	}
	return plain[0], nil
}

// Resolve returns a value as CDK writes it into a template.
func (r *Resolver) Resolve(value any) any { return r.stack.Resolve(value) }

// Value returns a value as CDK writes it into a template, with joins replaced by text where that is known.
func (r *Resolver) Value(value any) any { return r.join(r.stack.Resolve(value)) }

// HasToken reports whether a text contains a CDK token.
func HasToken(text string) bool { return strings.Contains(text, "${Token[") }

// flat returns a resolved value as text; ok is false if it has more than text and what the region determines.
func (r *Resolver) flat(value any) (text string, ok bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case map[string]any:
		switch v["Ref"] {
		case "AWS::Partition":
			return place.Partition(r.region), true
		case "AWS::URLSuffix":
			return place.URLSuffix(r.region), true
		}
		join, ok := v["Fn::Join"].([]any)
		if !ok || len(join) != 2 || join[0] != "" {
			return "", false
		}
		parts, _ := join[1].([]any)
		var all strings.Builder
		for _, part := range parts {
			text, ok := r.flat(part)
			if !ok {
				return "", false
			}
			all.WriteString(text)
		}
		return all.String(), true
	}
	return "", false
}

func (r *Resolver) join(value any) any {
	if text, ok := r.flat(value); ok {
		return text
	}
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = r.join(v[i])
		}
	case map[string]any:
		if inner, wrapped := v["$jsii.map"]; wrapped { // as jsii returns a map in a map
			return r.join(inner)
		}
		for key := range v {
			v[key] = r.join(v[key])
		}
	}
	return value
}
