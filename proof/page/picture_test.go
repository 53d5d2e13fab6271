package page_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

func TestPictureInWords(t *testing.T) {
	for name, expected := range map[string][]string{
		"shut": {
			"team-00-reports/Function to STS endpoint (interface), route to STS: does not pass",
			"STS endpoint (interface) to team-00-reports-prod-eu-west-1 (trusted role), sts:AssumeRole: passes",
			"team-00-reports/Function to S3 endpoint (gateway), route to S3: passes",
			"S3 endpoint (gateway) to lake-0-222222222222-eu-west-1 (bucket), s3:GetObject: passes",
		},
		"undecided": {
			"orders/Function to STS endpoint (interface), route to STS: passes",
			"STS endpoint (interface) to orders-prod-eu-west-1 (trusted role), sts:AssumeRole: passes",
			"orders/Function to DynamoDB endpoint (gateway), route to DYNAMODB: passes",
			"DynamoDB endpoint (gateway) to orders (table), dynamodb:GetItem, dynamodb:Query: passes",
		},
		"direct": {
			"direct/Function to S3 endpoint (gateway), route to S3: passes",
			"S3 endpoint (gateway) to lake (bucket), s3:GetObject: passes",
		},
		"outside": {
			"direct/Function to Internet (public addresses), route to S3: passes",
			"Internet (public addresses) to lake (bucket), s3:GetObject: passes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var found []string
			for _, e := range parse(t, write(t, sample(t, name))) {
				if e.attrs["id"] == "route-0" {
					for _, li := range e.children {
						found = append(found, li.text())
					}
				}
			}
			if diff := cmp.Diff(expected, found); diff != "" {
				t.Errorf("route of the first grant (-expected +found):\n%s", diff)
			}
		})
	}
}

// Of many grants the list has a part, first what does not work; the others are folded.
func TestGrantsOfThePicture(t *testing.T) {
	var shown, folded []string
	for _, e := range of(parse(t, write(t, sample(t, "many"))), "button") {
		list := &shown
		if e.parent.parent.parent.name == "details" {
			list = &folded
		}
		*list = append(*list, e.text())
	}
	first := []string{"team-04-reports-prod-eu-west-1 does not work", "team-02-reports-prod-eu-west-1 cannot be decided", "team-00-reports-prod-eu-west-1 works"}
	if len(shown) != 12 || len(folded) != 8 || !slices.Equal(shown[:3], first) {
		t.Errorf("found %q, and folded %q; expected 12, 8, and first %q", shown, folded, first)
	}
}

// The key is used by the service that the bucket is of, not by the grantee.
func TestAServiceUsesTheKey(t *testing.T) {
	a, err := assembly.LoadTemplates(
		assembly.TemplateFile{Path: "../testdata/grant/source.yaml", Account: "111111111111", Region: "eu-west-1", StackName: "source"},
		assembly.TemplateFile{Path: "../testdata/grant/target.yaml", Account: "222222222222", Region: "eu-west-1", StackName: "target"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := proof.Prove(a, proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	words := of(parse(t, write(t, r)), ".words")[0].text()
	if !strings.Contains(words, "lake (bucket) to Key (key), kms:Decrypt: passes") {
		t.Errorf("found %q", words)
	}
}

// No colour alone: a line that does not pass has another shape, and a sign.
func TestLinesHaveSigns(t *testing.T) {
	for name, expected := range map[string]map[string]int{
		"proved": {"proved #i-check": 16}, "shut": {"proved #i-check": 6, "broken #i-cross": 2}, "undecided": {"proved #i-check": 7, "undecided #i-question": 1},
	} {
		found := map[string]int{}
		for _, e := range of(parse(t, write(t, sample(t, name))), ".e") {
			if e.parent.attrs["class"] == "wide" {
				sign := e.children[len(e.children)-1].children[1].attrs["href"]
				found[strings.TrimPrefix(e.attrs["class"], "e ")+" "+sign]++
			}
		}
		if diff := cmp.Diff(expected, found); diff != "" {
			t.Errorf("%s: lines (-expected +found):\n%s", name, diff)
		}
	}
}

// Nothing lies over something else, or outside of the picture.
func TestPicturesAreTidy(t *testing.T) {
	for name, a := range samples() {
		elements := parse(t, write(t, a.prove(t)))
		for _, svg := range of(elements, "svg") {
			if svg.attrs["role"] != "img" {
				continue
			}
			place := name + " " + svg.attrs["class"]
			w, h := size(t, svg)["width"], size(t, svg)["height"]
			var nodes []map[string]int
			for _, g := range svg.children {
				for _, e := range g.children {
					if e.name != "rect" {
						continue
					}
					r := size(t, e)
					if r["x"] < 0 || r["y"] < 0 || r["x"]+r["width"] > w || r["y"]+r["height"] > h || r["height"] <= 0 {
						t.Errorf("%s: found %v outside of %d x %d: %s", place, r, w, h, g.text())
					}
					if g.attrs["class"] == "n" {
						nodes = append(nodes, r)
					}
				}
			}
			for i, a := range nodes {
				for _, b := range nodes[:i] {
					if a["x"] < b["x"]+b["width"] && b["x"] < a["x"]+a["width"] && a["y"] < b["y"]+b["height"] && b["y"] < a["y"]+a["height"] {
						t.Errorf("%s: found %v over %v", place, a, b)
					}
				}
			}
		}
	}
}

func size(t testing.TB, e *element) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, name := range []string{"x", "y", "width", "height"} {
		if text, ok := e.attrs[name]; ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = n
		}
	}
	return all
}
