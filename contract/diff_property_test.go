package contract_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

// Of many pairs of contracts that differ in a little: Diff of a contract with itself is empty; what one way widens, the other way narrows,
// in the same words; whatever is permitted anew is said to be; and if nothing is said, nothing differs.
func TestDiffOfRandomContracts(t *testing.T) {
	said, unsaid := 0, 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 1))
		a := grantsOf(random)
		b := changed(random, a)
		before, after := read(t, a), read(t, b)
		shuffled := slices.Clone(a)
		shuffle(random, reflect.ValueOf(&shuffled).Elem())
		if found := contract.Diff(before, contract.Contract{Grants: shuffled}); len(found) > 0 {
			t.Fatalf("seed %d: found %v between a contract and itself", seed, found)
		}
		there, back := contract.Diff(before, after), contract.Diff(after, before)
		if diff := cmp.Diff(mirrored(there), changesThat(back, contract.Widened, contract.Narrowed)); diff != "" {
			t.Fatalf("seed %d: mirrored (-expected +found):\n%s", seed, diff)
		}
		if (len(there) == 0) != (len(back) == 0) {
			t.Fatalf("seed %d: found %v there and %v back", seed, there, back)
		}
		if len(there) > 0 {
			said++
		} else {
			unsaid++
		}
		for _, g := range after.Grants {
			old := grantWith(before, g.Key())
			for _, r := range requests() {
				if permits(g, r) && !permits(old, r) && !slices.ContainsFunc(there, func(c contract.Change) bool {
					return c.Kind == contract.Widened && c.Grant == g.Key() && strings.Contains(c.What, " now permits ") && strings.Contains(c.What, r.action)
				}) {
					t.Fatalf("seed %d: found %v, expected %v to be said", seed, there, r)
				}
			}
			if len(there) == 0 {
				if diff := cmp.Diff(unlisted(old), unlisted(g)); diff != "" {
					t.Fatalf("seed %d: nothing was said of (-before +after):\n%s", seed, diff)
				}
			}
		}
		if len(there) == 0 && len(before.Grants) != len(after.Grants) {
			t.Fatalf("seed %d: nothing was said of a grant", seed)
		}
	}
	if said < 150 || unsaid < 25 {
		t.Errorf("found %d pairs that differ and %d that do not, expected many of both", said, unsaid)
	}
}

// Kind by kind, and grant by grant within: the same every time.
func TestDiffIsInOrder(t *testing.T) {
	named := func(account string, names ...string) (c contract.Contract) {
		for _, name := range names {
			g := small()
			g.Name, g.Target.Account = name, account
			c.Grants = append(c.Grants, g)
		}
		return c
	}
	expected := []string{
		"widened f", "widened f", "widened g", "widened g", "widened h", "widened h", "changed b", "changed d",
		"narrowed a", "narrowed a", "narrowed c", "narrowed c", "narrowed e", "narrowed e",
	}
	for range 20 {
		var found []string
		for _, c := range contract.Diff(named("1", "a", "b", "c", "d", "e"), named("2", "b", "d", "f", "g", "h")) {
			found = append(found, string(c.Kind)+" "+c.Grant[:1])
		}
		if diff := cmp.Diff(expected, found); diff != "" {
			t.Fatalf("changes (-expected +found):\n%s", diff)
		}
	}
}

// unlisted returns a grant without what is permitted, which is compared request by request.
func unlisted(g contract.Grant) contract.Grant {
	g.Permissions, g.Digest = nil, ""
	return g
}

func read(t *testing.T, grants []contract.Grant) contract.Contract {
	t.Helper()
	c, err := contract.Read(encode(t, grants...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func grantWith(c contract.Contract, key string) contract.Grant {
	for _, g := range c.Grants {
		if g.Key() == key {
			return g
		}
	}
	return contract.Grant{}
}

func changesThat(all []contract.Change, kinds ...contract.ChangeKind) (some []contract.Change) {
	for _, c := range all {
		if slices.Contains(kinds, c.Kind) {
			some = append(some, c)
		}
	}
	return sortedChanges(some)
}

var (
	opposite = strings.NewReplacer("now permits", "no longer permits", "no longer permits", "now permits", "until now", "from now on", "from now on", "until now",
		" added: ", " removed: ", " removed: ", " added: ", " is new", " was removed", " was removed", " is new")
	wasIs  = regexp.MustCompile(`was (\w+), is (\w+)`)
	reason = regexp.MustCompile(`: a role created again .*`)
)

// mirrored returns what the way back has to say for what widened and narrowed.
func mirrored(all []contract.Change) (back []contract.Change) {
	for _, c := range all {
		switch c.What = wasIs.ReplaceAllString(opposite.Replace(c.What), "was $2, is $1"); c.Kind {
		case contract.Widened:
			c.Kind = contract.Narrowed
		case contract.Narrowed:
			c.Kind = contract.Widened
		default:
			continue
		}
		back = append(back, c)
	}
	return sortedChanges(back)
}

func sortedChanges(all []contract.Change) []contract.Change {
	for i := range all {
		all[i].What = reason.ReplaceAllString(all[i].What, "")
	}
	slices.SortFunc(all, func(a, b contract.Change) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all
}
