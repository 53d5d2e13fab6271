package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox"
)

// runList checks listing: both granted prefixes, in order, over more than one page, and nothing else.
func (d *demo) runList(ctx context.Context) error {
	if err := d.putObjects(ctx); err != nil {
		return err
	}
	f, err := d.start(ctx, "-list")
	if err != nil {
		return err
	}
	defer f.run.Stop()
	const first, second = sandbox.FirstPrefix, sandbox.SecondPrefix
	granted := append(keys(first, 0, firstPrefixObjects), keys(second, 0, secondPrefixObjects)...)
	slices.Sort(granted)

	for _, c := range []struct {
		event, expected string
		holds           func(a answer) bool
	}{
		{`{"maxKeys":5000}`, fmt.Sprintf("all %d granted keys in order, none under %s", len(granted), outsidePrefix), func(a answer) bool {
			return slices.Equal(a.keys(), granted) && a.Next == "" && a.Objects[0].Size == int64(len("crossgrant"))
		}},
		{`{"prefix":"` + first + `"}`, "one page of 1000 keys, and where to go on", func(a answer) bool {
			return slices.Equal(a.keys(), keys(first, 0, 1000)) && a.Next == key(first, 999)
		}},
		{`{"prefix":"` + first + `","startAfter":"` + key(first, 999) + `"}`, "the 100 keys after it, and no more", func(a answer) bool {
			return slices.Equal(a.keys(), keys(first, 1000, firstPrefixObjects)) && a.Next == ""
		}},
		{`{"prefix":"` + first + `no-such-folder/"}`, "no key", func(a answer) bool {
			return strings.Contains(a.raw, `"objects":[]`) && a.Next == "" && a.StatusCode == 0
		}},
		{`{"maxKeys":0}`, "400 that names maxKeys", refused(400, "maxKeys")},
		{`{"maxKey":5}`, "400 that names maxKey", refused(400, "maxKey")},
		{`{"prefix":7}`, "400 that names prefix", refused(400, "prefix")},
		{`{"prefix":"` + outsidePrefix + `"}`, "403 that names the role", refused(403, ":role/crossgrant-list-access-")},
	} {
		a, err := f.call(ctx, c.event)
		if err != nil {
			return err
		}
		d.check(c.holds(a), fmt.Sprintf("%-22s %s", c.event, c.expected), a)
	}
	return nil
}

func keys(prefix string, from, to int) []string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, key(prefix, i))
	}
	return all
}

// refused expects an error that names something.
func refused(status int, names string) func(answer) bool {
	return func(a answer) bool { return a.StatusCode == status && strings.Contains(a.Error, names) }
}
