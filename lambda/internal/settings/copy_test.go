package settings

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

func copyEnvironment(change map[string]string) Lookup {
	pairs := map[string]string{"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-copy",
		"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/copier", "CROSSGRANT_BUCKET": "lake"}
	maps.Copy(pairs, change)
	return environment(pairs)
}

func TestReadCopy(t *testing.T) {
	role := targetrole.Role{ARN: "arn:aws:iam::222222222222:role/copier", SessionName: "crossgrant-copy"}
	for _, c := range []struct {
		name   string
		change map[string]string
		want   Copy
	}{
		{"into the other account's bucket", map[string]string{"CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_COPY_PREFIXES": `["inbox/"]`, "CROSSGRANT_PREFIXES": `["other/"]`},
			Copy{Role: role, Region: "ap-northeast-1", Origin: "reports", Destination: "lake", Prefixes: []string{"inbox/"}, PartBytes: 256 << 20, Parallel: 16}},
		{"out of the other account's bucket", map[string]string{"CROSSGRANT_DESTINATION_BUCKET": "reports", "CROSSGRANT_PREFIXES": `["inbox/"]`, "CROSSGRANT_COPY_PREFIXES": `["other/"]`},
			Copy{Role: role, Region: "ap-northeast-1", Origin: "lake", Destination: "reports", Prefixes: []string{"inbox/"}, PartBytes: 256 << 20, Parallel: 16}},
		{"without a role, the whole bucket, the least of all", map[string]string{"CROSSGRANT_ACCESS": "Direct", "CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_COPY_PART_MIB": "5", "CROSSGRANT_COPY_PARALLEL": "1"},
			Copy{Region: "ap-northeast-1", Origin: "reports", Destination: "lake", PartBytes: 5 << 20, Parallel: 1}},
		{"the most of all", map[string]string{"CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_DESTINATION_BUCKET": "", "CROSSGRANT_COPY_PART_MIB": "5120", "CROSSGRANT_COPY_PARALLEL": "512"},
			Copy{Role: role, Region: "ap-northeast-1", Origin: "reports", Destination: "lake", PartBytes: 5 << 30, Parallel: 512}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadCopy(copyEnvironment(c.change))
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("err %v, diff (-expected +found):\n%s", err, diff)
			}
		})
	}
}

func TestProblemsOfCopy(t *testing.T) {
	for _, c := range []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"no second bucket", nil, []string{"CROSSGRANT_ORIGIN_BUCKET: found neither it nor CROSSGRANT_DESTINATION_BUCKET, expected one of the two"}},
		{"a third bucket", map[string]string{"CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_DESTINATION_BUCKET": "archive"},
			[]string{"CROSSGRANT_ORIGIN_BUCKET: found it beside CROSSGRANT_DESTINATION_BUCKET, expected only one of the two"}},
		{"a copy onto itself", map[string]string{"CROSSGRANT_ORIGIN_BUCKET": "lake"}, []string{`CROSSGRANT_BUCKET: found "lake" as origin and as destination, expected two buckets`}},
		{"all at once", map[string]string{"AWS_REGION": "", "CROSSGRANT_BUCKET": "", "CROSSGRANT_ORIGIN_BUCKET": "no/slash", "CROSSGRANT_COPY_PREFIXES": "null",
			"CROSSGRANT_COPY_PART_MIB": "4", "CROSSGRANT_COPY_PARALLEL": "513"},
			[]string{"AWS_REGION: found nothing", "CROSSGRANT_BUCKET: found nothing", `CROSSGRANT_ORIGIN_BUCKET: found "no/slash"`, `CROSSGRANT_COPY_PREFIXES: found "null"`,
				`CROSSGRANT_COPY_PART_MIB: found "4", expected a whole number from 5 to 5120`, `CROSSGRANT_COPY_PARALLEL: found "513", expected a whole number from 1 to 512`}},
		{"numbers that are none", map[string]string{"CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_COPY_PART_MIB": "256MiB", "CROSSGRANT_COPY_PARALLEL": "0"},
			[]string{`CROSSGRANT_COPY_PART_MIB: found "256MiB"`, `CROSSGRANT_COPY_PARALLEL: found "0"`}},
		{"parts above what S3 takes", map[string]string{"CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_COPY_PART_MIB": "5121"}, []string{`CROSSGRANT_COPY_PART_MIB: found "5121"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadCopy(copyEnvironment(c.change))
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("found %v, expected %s", err, want)
				}
			}
			if err != nil && strings.Count(err.Error(), "\n") != len(c.want) {
				t.Errorf("found %v, expected %d problems", err, len(c.want))
			}
		})
	}
}

// Lambda gives a function 128 to 10,240 MiB.
func TestTheDefaultOfParallelRequestsFollowsTheMemory(t *testing.T) {
	for memory, expected := range map[string]int{"": 16, "128": 64, "512": 256, "1024": 512, "10240": 512, "16": 16} {
		environment := map[string]string{
			"AWS_REGION": "ap-northeast-1", "CROSSGRANT_ACCESS": "Direct", "CROSSGRANT_BUCKET": "lake", "CROSSGRANT_ORIGIN_BUCKET": "reports",
			"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory,
		}
		got, err := ReadCopy(func(name string) (string, bool) { value, ok := environment[name]; return value, ok })
		if err != nil || got.Parallel != expected {
			t.Errorf("%s MiB: found %d, %v, expected %d", memory, got.Parallel, err, expected)
		}
	}
}
