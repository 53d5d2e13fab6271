package policy

import (
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
)

// rounds is how many random requests each property is tried with.
const rounds = 5000

// dice draws requests and policies from few names, so that they meet often.
type dice struct{ *rand.Rand }

func (d dice) of(choices ...string) string { return choices[d.Intn(len(choices))] }

func (d dice) request() Request {
	r := Request{
		Principal: d.of("arn:aws:iam::111111111111:user/ann", "arn:aws:sts::111111111111:assumed-role/R/s", "arn:aws:iam::111111111111:root",
			"arn:aws:sts::111111111111:federated-user/ann", "anonymous", "x.amazonaws.com",
			"arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/s", "arn:aws:iam::111111111111:saml-provider/P"),
		Action: d.of("s3:GetObject", "s3:PutBucketPolicy", "kms:Decrypt", "kms:ListKeys", "kms:PutKeyPolicy", "sts:AssumeRole",
			"sts:TagSession", "sts:GetCallerIdentity", "sts:GetSessionToken", "iam:ListUsers", "kms:RetireGrant"),
		Context: map[string][]string{},
	}
	account := d.of("111111111111", "222222222222")
	switch service, _, _ := strings.Cut(r.Action, ":"); service {
	case "s3":
		r.Resource, r.ResourceAccount = d.of("arn:aws:s3:::b", "arn:aws:s3:::b/k"), d.of("", account)
	case "kms":
		r.Resource = d.of("", "arn:aws:kms:r:"+account+":key/k")
	default:
		r.Resource = d.of("*", "arn:aws:iam::"+account+":role/T")
	}
	if d.Intn(2) == 0 {
		r.Context["aws:SourceVpce"] = []string{d.of("vpce-1", "vpce-2")}
	}
	return r
}

func (d dice) statement(effect string, principal bool) string {
	s := `{"Effect":"` + effect + `","Action":` + d.of(`"*"`, `"s3:*"`, `["kms:*","sts:*"]`, `"s3:Get*"`) + `,"Resource":` +
		d.of(`"*"`, `"*"`, `"arn:aws:s3:::b/*"`)
	if principal {
		s += `,` + d.of(`"Principal":"*"`, `"Principal":{"AWS":"111111111111"}`, `"Principal":{"AWS":"arn:aws:iam::111111111111:role/R"}`,
			`"Principal":{"AWS":["arn:aws:sts::111111111111:assumed-role/R/s","arn:aws:iam::111111111111:user/ann"]}`,
			`"Principal":{"Service":"x.amazonaws.com"}`, `"NotPrincipal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::111111111111:user/ann"]}`)
	}
	return s + d.of("", "", `,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`, `,"Condition":{"StringUnheardOf":{"aws:SourceVpce":"x"}}`,
		`,"Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`) + "}"
}

// document is a policy with up to 3 statements.
func (d dice) document(t *testing.T, principal bool) *Document {
	var statements []string
	for range 1 + d.Intn(3) {
		statements = append(statements, d.statement(d.of("Allow", "Allow", "Allow", "Deny"), principal))
	}
	return parsed(t, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)
}

func (d dice) documents(t *testing.T, most int, principal bool) []*Document {
	var list []*Document
	for range d.Intn(most + 1) {
		list = append(list, d.document(t, principal))
	}
	return list
}

func (d dice) policies(t *testing.T) Policies {
	p := Policies{Identity: d.documents(t, 2, false), Endpoints: d.documents(t, 1, true)}
	if d.Intn(3) == 0 {
		p.Session = d.documents(t, 2, false)
	}
	if d.Intn(3) == 0 {
		p.Boundaries = d.documents(t, 2, false)
	}
	if d.Intn(3) == 0 {
		p.ServiceControl = [][]*Document{d.documents(t, 2, false)}
	}
	if d.Intn(3) == 0 {
		p.ResourceControl = [][]*Document{d.documents(t, 2, true)}
	}
	if d.Intn(3) > 0 {
		p.Resource = d.document(t, true)
	}
	return p
}

// each tries a property with random requests and policies, always the same ones.
func each(t *testing.T, property func(t *testing.T, d dice, r Request, p Policies) error) {
	t.Helper()
	d := dice{rand.New(rand.NewSource(4))}
	for i := range rounds {
		r, p := d.request(), d.policies(t)
		if err := property(t, d, r, p); err != nil {
			_, trace := Evaluate(r, p)
			t.Fatalf("round %d: %v\n%+v\n%s", i, err, r, strings.Join(Explain(trace), "\n"))
		}
	}
}

func TestDecideIsEvaluate(t *testing.T) {
	count := map[Decision]int{}
	each(t, func(_ *testing.T, _ dice, r Request, p Policies) error {
		d, trace := Evaluate(r, p)
		count[d]++
		if found := Decide(r, p); found != d || trace.Decision != d {
			return fmt.Errorf("found %s, Evaluate says %s", found, d)
		}
		if (d == Allowed) != (len(trace.BlockedBy()) == 0) && trace.Problem == "" {
			return fmt.Errorf("found %s blocked by %v", d, trace.BlockedBy())
		}
		return nil
	})
	for _, d := range []Decision{Allowed, ExplicitlyDenied, ImplicitlyDenied, Unknown} {
		if count[d] < rounds/50 {
			t.Errorf("found %v, expected each decision often", count)
		}
	}
}

// places lists every place where a policy can stand, with whether its policies have principals.
func places(p *Policies) map[*[]*Document]bool {
	all := map[*[]*Document]bool{&p.Identity: false, &p.Endpoints: true, &p.Session: false, &p.Boundaries: false}
	for i := range p.ServiceControl {
		all[&p.ServiceControl[i]] = false
	}
	for i := range p.ResourceControl {
		all[&p.ResourceControl[i]] = true
	}
	return all
}

// with is a copy of a policy with one more statement.
func with(d *Document, s Statement) *Document {
	c := *d
	s.Index = len(d.Statements)
	c.Statements = append(append([]Statement{}, d.Statements...), s)
	return &c
}

// added tries a decision with one more statement in each policy that there is.
func added(t *testing.T, d dice, effect string, r Request, p Policies, check func(before, after Decision) error) error {
	before := Decide(r, p)
	for list, principal := range places(&p) {
		if len(*list) == 0 {
			continue
		}
		one := parsed(t, `{"Version":"2012-10-17","Statement":`+d.statement(effect, principal)+`}`).Statements[0]
		old := (*list)[0]
		(*list)[0] = with(old, one)
		after := Decide(r, p)
		(*list)[0] = old
		if err := check(before, after); err != nil {
			return err
		}
	}
	if p.Resource == nil {
		return nil
	}
	p.Resource = with(p.Resource, parsed(t, `{"Version":"2012-10-17","Statement":`+d.statement(effect, true)+`}`).Statements[0])
	return check(before, Decide(r, p))
}

// freedom orders decisions by how much they give.
var freedom = map[Decision]int{ExplicitlyDenied: 0, ImplicitlyDenied: 0, Unknown: 1, Allowed: 2}

func TestAddedDenyNeverAllowsMore(t *testing.T) {
	each(t, func(t *testing.T, d dice, r Request, p Policies) error {
		return added(t, d, "Deny", r, p, func(before, after Decision) error {
			if freedom[after] > freedom[before] || before == ExplicitlyDenied && after != before {
				return fmt.Errorf("found %s with one more Deny, %s without", after, before)
			}
			return nil
		})
	})
}

func TestAddedAllowNeverDeniesMore(t *testing.T) {
	each(t, func(t *testing.T, d dice, r Request, p Policies) error {
		return added(t, d, "Allow", r, p, func(before, after Decision) error {
			if freedom[after] < freedom[before] || before != ExplicitlyDenied && after == ExplicitlyDenied {
				return fmt.Errorf("found %s with one more Allow, %s without", after, before)
			}
			return nil
		})
	})
}

func TestOrderIsIrrelevant(t *testing.T) {
	each(t, func(_ *testing.T, d dice, r Request, p Policies) error {
		before := Decide(r, p)
		shuffled := func(old *Document) *Document {
			if old == nil {
				return nil
			}
			c := *old
			c.Statements = append([]Statement{}, old.Statements...)
			d.Shuffle(len(c.Statements), reflect.Swapper(c.Statements))
			return &c
		}
		for list := range places(&p) {
			for i, old := range *list {
				(*list)[i] = shuffled(old)
			}
			d.Shuffle(len(*list), reflect.Swapper(*list))
		}
		p.Resource = shuffled(p.Resource)
		if after := Decide(r, p); after != before {
			return fmt.Errorf("found %s in another order, %s before", after, before)
		}
		return nil
	})
}

// An operator that nobody knows counts as a condition that may be true or false: the decision is one of theirs, or open.
func TestUnknownOperatorNeverAllowsByItself(t *testing.T) {
	each(t, func(t *testing.T, d dice, r Request, p Policies) error {
		one := parsed(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*",
			"Condition":{"StringUnheardOf":{"aws:SourceVpce":"x"}}}}`).Statements[0]
		before := Decide(r, p)
		for list, principal := range places(&p) {
			if principal || len(*list) == 0 {
				continue
			}
			old := (*list)[0]
			(*list)[0] = with(old, one)
			after := Decide(r, p)
			(*list)[0] = old
			if after == Allowed && before != Allowed {
				return fmt.Errorf("found Allowed by an operator that nobody knows, %s without", before)
			}
		}
		return nil
	})
}
