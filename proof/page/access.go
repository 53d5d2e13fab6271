package page

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// access is the table of who may do what on which data.
type access struct {
	// Says is how many there are.
	Says string
	// Groups are those of other accounts, and those of the data's own account. Left is how many are not in the page.
	Groups []accesses
	Left   int
	// Notes are what was not tried and what was assumed.
	Notes []string
}

// accesses are rows of the table. First are shown at once, More when a reader asks for them.
type accesses struct {
	Name        string
	First, More []permitted
}

const (
	firstAccesses = 8
	mostAccesses  = 300 // in the page, so that a browser shows it at once
	fewNames      = 2   // of actions and of ARNs in a row; its details have all
)

// permitted is a row of the table.
type permitted struct {
	// Who is the name of a principal, and Of its kind and account.
	Who, Of string
	// Levels are those of the actions: "read, write". Perhaps says that it depends on something unknown.
	Levels, Actions string
	Perhaps         *sign
	// Name is that of the resource, On is what of it, and Owner its account.
	Name, On, Owner string
	// Route says how, in a few words. Facts are all that the other fields leave out.
	Route string
	Facts []fact
}

// newAccess lists first who is not of the data's own account.
func newAccess(options Options) *access {
	all := options.Access.Permitted(0)
	var others, own []*proof.Permitted
	for _, p := range all {
		if p.Account != p.On.Stack.Account {
			others = append(others, p)
		} else {
			own = append(own, p)
		}
	}
	a := &access{Left: max(0, len(all)-mostAccesses), Says: "By all policies of the templates, whether or not a grant declares it."}
	if len(all) == 0 {
		a.Says = "No policy of the templates permits anybody anything on their resources, except administrators of the resources' own accounts."
	}
	shown := 0
	for _, group := range []struct {
		name string
		of   []*proof.Permitted
	}{{"From other accounts, services and everybody", others}, {"Of the data's own account", own}} {
		if len(group.of) == 0 {
			continue
		}
		rows := accesses{Name: fmt.Sprintf("%s: %d", group.name, len(group.of))}
		for _, p := range group.of[:min(len(group.of), mostAccesses-shown)] {
			if shown++; shown <= firstAccesses {
				rows.First = append(rows.First, newPermitted(p))
			} else {
				rows.More = append(rows.More, newPermitted(p))
			}
		}
		a.Groups = append(a.Groups, rows)
	}
	for _, n := range options.Assumed {
		a.Notes = append(a.Notes, "Assumed: "+policy.Readable(n.String()))
	}
	for _, u := range options.Access.Untried {
		if text := "Not tried: " + policy.Readable(u.String()); !slices.Contains(a.Notes, text) {
			a.Notes = append(a.Notes, text)
		}
	}
	return a
}

func newPermitted(p *proof.Permitted) permitted {
	row := permitted{Levels: strings.ToLower(strings.Join(p.Levels(), ", ")), Actions: few(p.Actions), Name: policy.Readable(label(p.On)), On: few(p.Resources), Owner: policy.Readable(p.On.Stack.Account)}
	row.Who, row.Of = principal(p.Who, p.Account)
	if !p.Surely {
		perhaps := sign{"undecided", "question", "perhaps"}
		row.Perhaps = &perhaps
	}
	add := func(name string, values ...string) {
		for _, value := range values {
			row.Facts = append(row.Facts, fact{name, policy.Readable(value)})
		}
	}
	add("Who", p.Who)
	add("Action", p.Actions...)
	add("On", p.Resources...)
	add("As", p.Route...)
	add("If", p.If...)
	if p.Why != "" {
		add("Perhaps", p.Why)
	}
	for _, s := range p.Statements {
		add("By", "statement "+cmp.Or(s.Document.Statements[s.Index].Sid, strconv.Itoa(s.Index))+" of "+s.Document.Name)
	}
	var route []string
	for _, role := range p.Route {
		route = append(route, "as "+policy.Readable(afterSlash(role)))
	}
	if s := telling(p); s != nil {
		by := "by statement " + s.Document.Statements[s.Index].Sid
		if s.Document.Statements[s.Index].Sid == "" {
			by += strconv.Itoa(s.Index) + " of " + s.Document.Name
		}
		if more := len(p.Statements) - 1; more > 0 {
			by += fmt.Sprintf(" and %d more", more)
		}
		route = append(route, policy.Readable(by))
	}
	row.Route = strings.Join(route, ", ")
	return row
}

// telling is the statement that says most about an access: of the resource's own policy, or else the last one of a role or user. Nil for none.
func telling(p *proof.Permitted) *proof.Deciding {
	var found *proof.Deciding
	for i := range p.Statements {
		s := &p.Statements[i]
		if s.Of == p.On {
			return s
		}
		if found == nil || s.Kind == policy.Identity {
			found = s
		}
	}
	return found
}

// principal is the name of a role or user with its kind and account, or who it is in words.
func principal(who, account string) (name, of string) {
	a, ok := arn.Parse(who)
	if !ok || a.Resource == "" {
		if account != "" && !strings.Contains(who, account) {
			of = "account " + account
		}
		return policy.Readable(who), policy.Readable(of)
	}
	kind, _, _ := strings.Cut(a.Resource, "/")
	return shortID(afterSlash(a.Resource)), policy.Readable(kind + " of account " + cmp.Or(account, a.Account))
}

// few are the first names of a list.
func few(names []string) string {
	return policy.Readable(columns.First(names, fewNames, ", "))
}
