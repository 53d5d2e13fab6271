package page_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/page"
)

var pages = flag.String("pages", "", "write the sample pages to this folder, where the tests in a browser read them")

// samples are pages of each sort.
func samples() map[string]app {
	all := many(20)
	all.Grants[1].Open, all.Grants[2].Unknown, all.Grants[4].Lacks, all.Grants[6].Excess = true, true, true, true
	return map[string]app{
		"proved": {Grants: many(4).Grants},
		"broken": {Macro: true, Grants: []grant{
			{Name: "invoices", Bucket: "lake-222222222222-eu-west-1", Lacks: true},
			{Name: "orders", Table: "orders"},
			{Name: "reports", Bucket: "lake-222222222222-eu-west-1", Open: true, Excess: true},
			{Name: "stock", Bucket: "stock-222222222222-eu-west-1", Unknown: true},
		}},
		"shut":      {Shut: true, Grants: many(2).Grants},
		"undecided": {Grants: []grant{{Name: "reports", Bucket: "lake", Unknown: true}, {Name: "orders", Table: "orders"}}},
		"outside":   {Grants: []grant{{Name: "reports", Bucket: "lake", Outside: true}, {Name: "direct", Bucket: "lake", Outside: true, Direct: true}}},
		"direct":    {Grants: []grant{{Name: "direct", Bucket: "lake", Direct: true}}},
		"empty":     {},
		"many":      all,
	}
}

func sample(t testing.TB, name string) *proof.Report { return samples()[name].prove(t) }

func TestSamplePages(t *testing.T) {
	if *pages == "" {
		t.Skip("writes nothing without -pages")
	}
	all := samples()
	all["hundred"] = many(100)
	for name, a := range all {
		if err := os.WriteFile(filepath.Join(*pages, name+".html"), []byte(writeWith(t, a.prove(t), page.Options{Access: a.enumerate(t)})), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
