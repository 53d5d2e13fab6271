package page_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/page"
)

// accessOf are the rows of the table at the top, and its text.
func accessOf(t *testing.T, a app) (rows []string, whole string) {
	t.Helper()
	elements := parse(t, writeWith(t, &proof.Report{}, page.Options{Access: a.enumerate(t)}))
	for _, e := range elements {
		switch {
		case e.attrs["id"] == "access":
			whole = e.text()
		case e.name == "tr" && e.parent.name == "tbody":
			rows = append(rows, e.text())
		}
	}
	return rows, whole
}

func TestWhoMayDoWhat(t *testing.T) {
	rows, whole := accessOf(t, app{Grants: []grant{{Name: "orders", Table: "orders"}}})
	want := []string{
		"reader-of-orders role of account 111111111111 read dynamodb:GetItem, dynamodb:Query Table0 arn:aws:dynamodb:eu-west-1:222222222222:table/orders, account 222222222222 " +
			"as orders-prod-eu-west-1, by statement ",
		"orders-prod-eu-west-1 role of account 222222222222 read dynamodb:GetItem, dynamodb:Query Table0 ",
	}
	if len(rows) != len(want) || !slices.EqualFunc(rows, want, strings.HasPrefix) {
		t.Errorf("found\n%s\nexpected\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	for _, part := range []string{"Who arn:aws:iam::111111111111:role/reader-of-orders Action", "As arn:aws:iam::222222222222:role/orders-prod-eu-west-1", "of the trust policy of role orders-prod-eu-west-1"} {
		if len(rows) > 0 && !strings.Contains(rows[0], part) {
			t.Errorf("found no %q in %s", part, rows[0])
		}
	}
	for _, part := range []string{"From other accounts, services and everybody: 1", "Of the data's own account: 1"} {
		if !strings.Contains(whole, part) {
			t.Errorf("found no %q in %s", part, whole)
		}
	}
}

func TestAccessThatIsNotSure(t *testing.T) {
	rows, _ := accessOf(t, app{Grants: []grant{{Name: "stock", Bucket: "stock", Unknown: true}}})
	if !slices.ContainsFunc(rows, func(row string) bool {
		return strings.HasPrefix(row, "reader-of-stock role of account 111111111111 perhaps read s3:GetObject ")
	}) {
		t.Errorf("found %q", rows)
	}
}

func TestNobodyMayDoAnything(t *testing.T) {
	rows, whole := accessOf(t, app{})
	if len(rows) > 0 || !strings.Contains(whole, "No policy of the templates permits anybody anything") {
		t.Errorf("found %q and %q", rows, whole)
	}
}

// Of many accesses most are folded, and a page has no more than a browser shows at once.
func TestManyAccesses(t *testing.T) {
	const pairs = 200 // of a reader and a role
	a := app{}
	for i := range pairs {
		a.Grants = append(a.Grants, grant{Name: fmt.Sprint("team-", i), Table: "orders", Elsewhere: true})
	}
	e := a.enumerate(t)
	elements := parse(t, writeWith(t, &proof.Report{}, page.Options{Access: e}))
	shown, folded := 0, 0
	for _, e := range elements {
		if e.name != "tr" || e.parent.name != "tbody" {
			continue
		}
		shown++
		if d := e.parent.parent.parent.parent; d.name == "details" && d.attrs["class"] == "more" {
			folded++
		}
	}
	all := len(e.Permitted(0))
	if all <= 300 || shown != 300 || folded != 292 {
		t.Errorf("found %d rows of %d, %d of them folded, expected 300 and 292", shown, all, folded)
	}
	if left := fmt.Sprintf("%d more are left out of the page", all-300); !slices.ContainsFunc(elements, func(e *element) bool { return strings.Contains(e.own, left) }) {
		t.Errorf("found no %q", left)
	}
}
