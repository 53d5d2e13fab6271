package trailing

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheFoldersOfARange(t *testing.T) {
	there := map[string][]byte{key(tokyo, "20160825T1310Z", "a"): nil, key(ireland, "20160825T1310Z", "a"): nil, base + "notes.txt": nil, base + "odd/x": nil}
	const other = "mine/AWSLogs/o-exampleorg/333333333333/CloudTrail/"
	there[key(other+"us-east-1/", "20160825T1310Z", "a")] = nil
	for _, c := range []struct {
		name     string
		prefixes []string
		event    string
		want     string
	}{
		{"an hour", []string{base}, `"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"`, "ap-northeast-1/2016/08/25 eu-west-1/2016/08/25"},
		{"one region", []string{base}, `"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z","regions":"eu-west-1"`, "eu-west-1/2016/08/25"},
		{"regions that are not there yet, in any order", []string{base}, `"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z","regions":["us-gov-west-1","eu-west-1","eu-west-1"]`,
			"eu-west-1/2016/08/25 us-gov-west-1/2016/08/25"},
		{"by day, then region", []string{base}, `"from":"2016-08-24T13:00:00Z","to":"2016-08-25T14:00:00Z"`,
			"ap-northeast-1/2016/08/24 eu-west-1/2016/08/24 ap-northeast-1/2016/08/25 eu-west-1/2016/08/25"},
		{"late delivery after midnight", []string{base}, `"from":"2016-08-25T22:00:00Z","to":"2016-08-25T23:30:00Z","regions":"eu-west-1"`, "eu-west-1/2016/08/25 eu-west-1/2016/08/26"},
		{"no late delivery", []string{base}, `"from":"2016-08-25T22:00:00Z","to":"2016-08-25T23:30:00Z","regions":"eu-west-1","lateHours":0`, "eu-west-1/2016/08/25"},
		{"a delivery by a clock that is behind", []string{base}, `"from":"2016-08-25T00:00:00Z","to":"2016-08-25T01:00:00Z","regions":"eu-west-1"`, "eu-west-1/2016/08/24 eu-west-1/2016/08/25"},
		{"the end of a month", []string{base}, `"from":"2016-02-28T12:00:00Z","to":"2016-03-01T12:00:00Z","regions":"eu-west-1"`,
			"eu-west-1/2016/02/28 eu-west-1/2016/02/29 eu-west-1/2016/03/01"},
		{"the end of a year", []string{base}, `"from":"2015-12-31T12:00:00Z","to":"2016-01-01T00:00:00Z","regions":"eu-west-1","lateHours":0`, "eu-west-1/2015/12/31 eu-west-1/2016/01/01"},
		{"to now: not the days to come", []string{base}, `"from":"2016-08-31T12:00:00Z","regions":"eu-west-1","lateHours":720`, "eu-west-1/2016/08/31 eu-west-1/2016/09/01"},
		{"an end in the future", []string{base}, `"from":"2016-08-31T12:00:00Z","to":"2016-12-31T12:00:00Z","regions":"eu-west-1"`, "eu-west-1/2016/08/31 eu-west-1/2016/09/01"},
		{"two accounts, an organization's among them", []string{other, base, "AWSLogs/", base}, `"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"`,
			"ap-northeast-1/2016/08/25 eu-west-1/2016/08/25 " + other + "us-east-1/2016/08/25"},
		{"one of two accounts", []string{other, base}, `"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z","account":"333333333333"`, other + "us-east-1/2016/08/25"},
	} {
		for _, pageSize := range []int{1, 1000} {
			t.Run(c.name, func(t *testing.T) {
				b := &bucket{objects: there, pageSize: pageSize, get: nil}
				for name := range there {
					b.objects[name] = zip(`{"Records":[]}`)
				}
				if got := ask(t, newFunction(b, c.prefixes...), `{`+c.event+`}`); got.Error != "" || len(got.Skipped) != 0 {
					t.Fatalf("%+v", got)
				}
				var folders []string
				for _, prefix := range b.prefixes() {
					if prefix != base && prefix != other {
						folders = append(folders, strings.TrimSuffix(strings.TrimPrefix(prefix, base), "/"))
					}
				}
				if diff := cmp.Diff(c.want, strings.Join(folders, " ")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// 366 days of one region are a call each and not more.
func TestAWholeYear(t *testing.T) {
	b := &bucket{}
	got := ask(t, newFunction(b), `{"from":"2015-08-01T12:00:00Z","to":"2016-08-01T12:00:00Z","regions":"eu-west-1"}`)
	if got.Error != "" || len(b.listed) != 367 || len(b.prefixes()) != 367 || b.prefixes()[213] != ireland+"2016/03/01/" {
		t.Errorf("%d calls, %s, %s", len(b.listed), b.prefixes()[213], got.Error)
	}
}

func TestFilesOfARangeByTheirNames(t *testing.T) {
	objects := map[string][]byte{
		key(tokyo, "20160825T1244Z", "too-early"):       log("2016-08-25T13:00:00Z"), // no such file: none holds events from after its delivery
		key(tokyo, "20160825T1245Z", "clock"):           log("2016-08-25T12:59:59Z", "2016-08-25T13:00:01Z"),
		key(tokyo, "20160825T1310Z", "within"):          log("2016-08-25T13:00:02Z", "2016-08-25T13:09:59Z"),
		key(tokyo, "20160825T1405Z", "after"):           log("2016-08-25T13:59:59Z", "2016-08-25T14:00:00Z"),
		key(tokyo, "20160825T1500Z", "late"):            log("2016-08-25T13:30:00Z"),
		key(tokyo, "20160825T1501Z", "much-later"):      log("2016-08-25T13:31:00Z"),
		key(tokyo, "20160827T1501Z", "days-later"):      log("2016-08-25T13:32:00Z"),
		tokyo + "2016/08/25/0000.json.gz":               log("2016-08-25T13:33:00Z"), // no time in the name
		tokyo + "2016/08/25/x_20161325T1310Z_y.json.gz": log("2016-08-25T13:34:00Z"),
	}
	const times = `"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"`
	for _, c := range []struct {
		name, event, want string
		otherTimes        int
	}{
		{"a range", `{` + times + `}`, "E3300 E0001 E0002 E0959 E5959 E3000 E3400", 2},
		{"a range with later deliveries", `{` + times + `,"lateHours":72}`, "E3300 E0001 E0002 E0959 E5959 E3000 E3100 E3400 E3200", 1},
		{"a prefix: everything later as well", `{` + times + `,"prefix":"` + tokyo + `"}`, "E3300 E0001 E0002 E0959 E5959 E3000 E3100 E3400 E3200", 1},
		{"a prefix without times: everything", `{"prefix":"` + tokyo + `"}`, "E3300 E0000 E5959 E0001 E0002 E0959 E5959 E0000 E3000 E3100 E3400 E3200", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, newFunction(&bucket{objects: objects}), c.event)
			if got.names() != c.want || got.Files.OtherTimes != c.otherTimes {
				t.Errorf("found    %q, %d of other times; %s\nexpected %q, %d", got.names(), got.Files.OtherTimes, got.Error, c.want, c.otherTimes)
			}
		})
	}
}

// The end of a range that was not given stays where it was when the first answer was made.
func TestNowStaysTheSameOverAllPages(t *testing.T) {
	b := &bucket{objects: map[string][]byte{
		key(tokyo, "20160831T2350Z", "a"): log("2016-08-31T23:40:00Z", "2016-08-31T23:41:00Z"),
		key(tokyo, "20160901T0010Z", "b"): log("2016-08-31T23:59:59Z", "2016-09-01T00:00:00Z"),
	}}
	f := newFunction(b)
	first := ask(t, f, `{"from":"2016-08-31T23:00:00Z","limit":1}`)
	f.now = func() time.Time { return time.Date(2016, 9, 1, 0, 30, 0, 0, time.UTC) }
	rest := ask(t, f, `{"from":"2016-08-31T23:00:00Z","next":"`+first.Next+`"}`)
	if got := first.names() + " " + rest.names(); got != "E4000 E4100 E5959" {
		t.Errorf("found %q; %s", got, rest.Error)
	}
}

// Regions come and go between two answers; what was answered stays so.
func TestARegionThatIsNewBetweenTwoPages(t *testing.T) {
	b := &bucket{objects: map[string][]byte{
		key(tokyo, "20160825T1310Z", "a"):   log("2016-08-25T13:00:01Z"),
		key(ireland, "20160825T1310Z", "a"): log("2016-08-25T13:00:02Z", "2016-08-25T13:00:03Z"),
		key(tokyo, "20160826T1310Z", "a"):   log("2016-08-26T13:00:04Z"),
	}}
	const event = `{"from":"2016-08-25T13:00:00Z","to":"2016-08-26T14:00:00Z"`
	first := ask(t, newFunction(b), event+`,"limit":2}`)
	delete(b.objects, key(tokyo, "20160825T1310Z", "a"))
	b.objects[key(base+"af-south-1/", "20160825T1310Z", "a")] = log("2016-08-25T13:00:09Z")
	b.objects[key(base+"af-south-1/", "20160826T1310Z", "a")] = log("2016-08-26T13:00:05Z")
	rest := ask(t, newFunction(b), event+`,"next":"`+first.Next+`"}`)
	if first.names() != "E0001 E0002" || rest.names() != "E0003 E0005 E0004" {
		t.Errorf("found %q, then %q; %s", first.names(), rest.names(), rest.Error)
	}
}

// CloudTrail delivers for 30 days after a failure: what may be missing is said until then, or until so late deliveries have been looked at.
func TestWhatMayBeDeliveredLaterIsSaid(t *testing.T) {
	at := func(text string) *time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return &parsed
	}
	for _, c := range []struct {
		name, now, event string
		want             *delivery
	}{
		{"an hour of last week", "2016-09-01T00:00:00Z", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`,
			&delivery{*at("2016-08-25T15:00:00Z"), at("2016-08-25T13:00:00Z"), at("2016-09-24T14:00:00Z")}},
		{"with all deliveries so far", "2016-09-01T00:00:00Z", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z","lateHours":720}`,
			&delivery{*at("2016-09-01T00:00:00Z"), at("2016-08-25T13:00:00Z"), at("2016-09-24T14:00:00Z")}},
		{"until now", "2016-09-01T00:00:00Z", `{"from":"2016-08-31T23:00:00Z"}`,
			&delivery{*at("2016-09-01T00:00:00Z"), at("2016-08-31T23:00:00Z"), at("2016-10-01T00:00:00Z")}},
		{"two months until now: the first is complete", "2016-09-01T00:00:00Z", `{"from":"2016-07-01T00:00:00Z"}`,
			&delivery{*at("2016-09-01T00:00:00Z"), at("2016-08-02T00:00:00Z"), at("2016-10-01T00:00:00Z")}},
		{"long ago, with all deliveries", "2016-12-01T00:00:00Z", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z","lateHours":720}`,
			&delivery{*at("2016-09-24T14:00:00Z"), nil, nil}},
		{"long ago, without the late ones", "2016-12-01T00:00:00Z", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z","lateHours":0}`,
			&delivery{*at("2016-08-25T14:00:00Z"), at("2016-08-25T13:00:00Z"), at("2016-09-24T14:00:00Z")}},
		{"a prefix is read whole", "2016-09-01T00:00:00Z", `{"prefix":"` + tokyo + `","from":"2016-08-25T13:00:00Z"}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFunction(&bucket{})
			f.now = func() time.Time { return *at(c.now) }
			got := ask(t, f, c.event)
			if diff := cmp.Diff(c.want, got.Delivery); diff != "" || got.Error != "" {
				t.Errorf("%s (-want +got):\n%s", got.Error, diff)
			}
		})
	}
}

// Later answers to a request do not look at what was delivered after the first, where they have passed it already.
func TestTheDeliveryIsThatOfTheFirstAnswer(t *testing.T) {
	f := newFunction(&bucket{objects: map[string][]byte{key(tokyo, "20160831T2350Z", "a"): log("2016-08-31T23:40:00Z", "2016-08-31T23:41:00Z")}})
	for _, end := range []string{"", `,"to":"2016-09-01T00:00:00Z"`} {
		event := `{"from":"2016-08-31T23:00:00Z"` + end
		f.now = func() time.Time { return time.Date(2016, 9, 1, 0, 0, 0, 0, time.UTC) }
		first := ask(t, f, event+`,"limit":1}`)
		f.now = func() time.Time { return time.Date(2016, 9, 1, 0, 30, 0, 0, time.UTC) }
		second := ask(t, f, event+`,"next":"`+first.Next+`"}`)
		if diff := cmp.Diff(first.Delivery, second.Delivery); diff != "" || first.Delivery == nil || len(second.Events) != 1 {
			t.Errorf("%s (-first +second):\n%s", second.Error, diff)
		}
	}
}
