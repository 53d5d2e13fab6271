package inventory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// references say which resources mention which others in their properties. One pass over all templates finds them.
type references struct {
	byARN     map[string][]*assembly.Resource
	byName    map[named][]*assembly.Resource
	byUnknown map[string]*assembly.Resource
	arns      []string                                    // sorted
	to        map[*assembly.Resource][]*assembly.Resource // who mentions a resource, in the order of the stacks
}

// named is a physical name, or a value of Ref, within an account. Those of buckets are unique in all accounts.
type named struct{ account, name string }

const anyAccount = ""

func newReferences(a *assembly.Assembly) *references {
	x := &references{byARN: map[string][]*assembly.Resource{}, byName: map[named][]*assembly.Resource{}, byUnknown: map[string]*assembly.Resource{},
		to: map[*assembly.Resource][]*assembly.Resource{}}
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			x.index(r)
		}
	}
	x.arns = slices.Sorted(maps.Keys(x.byARN))
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			seen := map[*assembly.Resource]bool{r: true}
			x.each(r, func(_ *place, other *assembly.Resource) {
				if !seen[other] {
					seen[other] = true
					x.to[other] = append(x.to[other], r)
				}
			})
		}
	}
	return x
}

// index adds the texts by which others mention a resource.
func (x *references) index(r *assembly.Resource) {
	x.byUnknown[r.Stack.Label+"."+r.LogicalID] = r
	if r.ARN != "" {
		x.byARN[r.ARN] = append(x.byARN[r.ARN], r)
	}
	account := r.Stack.Account
	if r.Type == "AWS::S3::Bucket" {
		account = anyAccount
	}
	for _, text := range []string{r.Name, r.Ref} {
		key := named{account, text}
		if text != "" && text != r.ARN && policy.IsKnown(text) && !slices.Contains(x.byName[key], r) {
			x.byName[key] = append(x.byName[key], r)
		}
	}
}

// beginningWith are the resources whose ARNs begin with a text.
func (x *references) beginningWith(front string) []*assembly.Resource {
	var all []*assembly.Resource
	first, _ := slices.BinarySearch(x.arns, front)
	for _, arn := range x.arns[first:] {
		if !strings.HasPrefix(arn, front) {
			break
		}
		all = append(all, x.byARN[arn]...)
	}
	return all
}

// each calls f with each resource that the properties of another one mention, and the place where, in no order. It may do so several times for
// one place. What describes a resource to people is no mention.
func (x *references) each(r *assembly.Resource, f func(at *place, mentioned *assembly.Resource)) {
	var at place
	at.eachText(r.Properties, func(text string) {
		if text == "" || at.isOwnName(r.Type) {
			return
		}
		x.mentions(r.Stack.Account, text, func(other *assembly.Resource) { f(&at, other) })
	})
}

// place is where in the properties of a resource something is: the keys of objects and the indexes of lists.
type place []any

// String is a place such as "Targets[0].Arn".
func (p *place) String() string {
	var all strings.Builder
	for i, step := range *p {
		switch step.(type) {
		case int:
			fmt.Fprintf(&all, "[%d]", step)
		default:
			if i > 0 {
				all.WriteByte('.')
			}
			fmt.Fprint(&all, step)
		}
	}
	return all.String()
}

// isOwnName says that the place is the name of the resource itself, such as Name or QueueName of a queue.
func (p *place) isOwnName(kind string) bool {
	if len(*p) != 1 {
		return false
	}
	key, _ := (*p)[0].(string)
	what, ok := strings.CutSuffix(key, "Name")
	return ok && strings.HasSuffix(kind[strings.LastIndexByte(kind, ':')+1:], what)
}

// eachText calls f with each text within a value at the place, while the place is that of the text.
func (p *place) eachText(value any, f func(string)) {
	within := func(step, inside any) {
		*p = append(*p, step)
		p.eachText(inside, f)
		*p = (*p)[:len(*p)-1]
	}
	switch v := value.(type) {
	case string:
		f(v)
	case []any:
		for i, item := range v {
			within(i, item)
		}
	case map[string]any:
		for key, inside := range v {
			if key != "Description" && key != "Tags" {
				within(key, inside)
			}
		}
	}
}

// mentions calls f with each resource that a text mentions: by its whole name, by its ARN or that of a part of it, by a value of it that is
// unknown before deployment, as a bucket by its address, or as a function by its name with an account or a version. In JSON it may be any string.
func (x *references) mentions(account, text string, f func(*assembly.Resource)) {
	x.named(account, text, f)
	for from := strings.Index(text, "arn:"); from >= 0; {
		found := arnIn(text[from:])
		x.ofARN(found, f)
		if strings.Contains(found, ":apigateway:") { // of an integration: arn:aws:apigateway:REGION:s3:path/BUCKET/{key}
			for part := range strings.SplitSeq(found, "/") {
				x.named(account, part, f)
			}
		}
		next := strings.Index(text[from+1:], "arn:")
		if next < 0 {
			break
		}
		from += 1 + next
	}
	for rest := text; !policy.IsKnown(rest); {
		_, after, _ := strings.Cut(rest, "\x00")
		unknown, behind, _ := strings.Cut(after, "\x00")
		if r := x.ofUnknown(unknown); r != nil {
			f(r)
		}
		rest = behind
	}
	if bucket := bucketIn(text); bucket != "" {
		x.named(anyAccount, bucket, f)
	}
	if function := functionIn(text); function != "" {
		x.named(account, function, f)
	}
	if strings.Contains(text, `"`) {
		for i, part := range strings.Split(text, `"`) {
			if i%2 == 1 {
				x.named(account, part, f)
			}
		}
	}
}

// named calls f with each resource of a name.
func (x *references) named(account, name string, f func(*assembly.Resource)) {
	for _, r := range x.byName[named{account, name}] {
		f(r)
	}
	for _, r := range x.byName[named{anyAccount, name}] {
		if account != anyAccount {
			f(r)
		}
	}
}

// functionIn is the function that a text names as NAME:QUALIFIER, or as ACCOUNT:function:NAME. "" for other texts.
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func functionIn(text string) string {
	if strings.ContainsAny(text, "/ ") || strings.HasPrefix(text, "arn:") {
		return ""
	}
	if _, after, ok := strings.Cut(text, "function:"); ok {
		text = after
	} else if !strings.Contains(text, ":") {
		return ""
	}
	name, _, _ := strings.Cut(text, ":")
	return name
}

// arnIn is the ARN that a text begins with.
func arnIn(text string) string {
	quoted := false
	end := strings.IndexFunc(text, func(c rune) bool {
		if c == 0 {
			quoted = !quoted
		}
		return !quoted && strings.ContainsRune(" \t\r\n\"'`,;()[]{}<>\\|", c)
	})
	if end < 0 {
		return text
	}
	return text[:end]
}

// ofARN calls f with the resource of an ARN, and those that contain it, such as the bucket of an object or the function of an alias.
func (x *references) ofARN(text string, f func(*assembly.Resource)) {
	for strings.Count(text, ":") >= 5 {
		for _, r := range x.byARN[text] {
			f(r)
		}
		text = text[:max(strings.LastIndexByte(text, ':'), strings.LastIndexByte(text, '/'))]
	}
}

// ofUnknown is the resource of an unknown value: "Stack.LogicalId" or "Stack.LogicalId.Attribute".
func (x *references) ofUnknown(name string) *assembly.Resource {
	name, _, _ = strings.Cut(name, "#")
	for {
		if r := x.byUnknown[name]; r != nil {
			return r
		}
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return nil
		}
		name = name[:dot]
	}
}

// bucketIn is the bucket whose URI or host name a text is. "" for other texts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-bucket-intro.html
func bucketIn(text string) string {
	if path, ok := strings.CutPrefix(text, "s3://"); ok {
		bucket, _, _ := strings.Cut(path, "/")
		return bucket
	}
	if path, ok := strings.CutPrefix(text, "/"); ok { // of a file system over a bucket
		bucket, _, _ := strings.Cut(path, "/")
		return bucket
	}
	if !strings.Contains(text, ".amazonaws.") {
		return ""
	}
	_, host, found := strings.Cut(text, "://")
	if !found {
		host = text
	}
	for _, mark := range []string{".s3.", ".s3-", ".s3express-"} {
		if bucket, _, ok := strings.Cut(host, mark); ok && !strings.Contains(bucket, "/") {
			return bucket
		}
	}
	if host, path, ok := strings.Cut(host, "/"); ok && (strings.HasPrefix(host, "s3.") || strings.HasPrefix(host, "s3-")) {
		bucket, _, _ := strings.Cut(path, "/")
		return bucket
	}
	return ""
}
