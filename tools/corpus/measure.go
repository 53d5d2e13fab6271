package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// input is a template, or the directory of an assembly.
type input struct {
	path       string
	isAssembly bool
}

var (
	hasResources = regexp.MustCompile(`(?m)^[\s{]*["']?Resources["']?\s*:`)
	hasType      = regexp.MustCompile(`["']?Type["']?\s*:\s*["']?(AWS|Custom)::`)
)

// find finds the assemblies below a directory, and the templates that are in none, by what is in them: any name that ends as those of templates do.
func find(dir string) (all []input, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir():
			if text, err := os.ReadFile(filepath.Join(path, "manifest.json")); err == nil && bytes.Contains(text, []byte("aws:cloudformation:stack")) {
				all = append(all, input{path, true})
				return filepath.SkipDir
			}
			return nil
		case !slices.Contains([]string{".json", ".yaml", ".yml", ".template"}, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if hasResources.Match(text) && hasType.Match(text) {
			all = append(all, input{path, false})
		}
		return nil
	})
	return all, err
}

// result is what the proof makes of an input.
type result struct {
	input
	refused          error // why it is not read
	asked, decided   int   // questions whether a role may use a resource
	found, undecided []*proof.Finding
	took             time.Duration
}

// actions are what is asked of a resource, by its type: what reads it, or what it is for.
var actions = map[string]struct{ action, within string }{
	"AWS::S3::Bucket": {"s3:GetObject", "/any"}, "AWS::DynamoDB::Table": {"dynamodb:GetItem", ""}, "AWS::SQS::Queue": {"sqs:SendMessage", ""},
	"AWS::SNS::Topic": {"sns:Publish", ""}, "AWS::KMS::Key": {"kms:Decrypt", ""}, "AWS::Lambda::Function": {"lambda:InvokeFunction", ""},
	"AWS::Serverless::Function": {"lambda:InvokeFunction", ""}, "AWS::SecretsManager::Secret": {"secretsmanager:GetSecretValue", ""},
	"AWS::StepFunctions::StateMachine": {"states:StartExecution", ""}, "AWS::Events::EventBus": {"events:PutEvents", ""},
}

// mostQuestions is how many are asked of an input: of large ones the first.
const mostQuestions = 400

func measure(in input) (r result) {
	r.input = in
	start := time.Now()
	defer func() { r.took = time.Since(start) }()
	var a *assembly.Assembly
	if in.isAssembly {
		a, r.refused = assembly.Load(in.path, assembly.Options{})
	} else {
		a, r.refused = assembly.LoadTemplates(assembly.TemplateFile{Path: in.path})
	}
	if r.refused != nil {
		return r
	}
	var principals, resources []proof.Named
	if principals, resources, r.refused = proof.List(a, proof.Options{}); r.refused != nil {
		return r
	}
	for _, role := range principals {
		for _, of := range resources {
			do, ok := actions[of.Type]
			if role.Type != "AWS::IAM::Role" || !ok || r.asked == mostQuestions {
				continue
			}
			chains, err := proof.Explain(a, proof.Options{}, proof.Access{Caller: role.Name, Action: do.action, Resource: of.Name + do.within})
			r.asked++
			if err == nil && len(chains) > 0 && chains[0].Passes != policy.Indeterminate {
				r.decided++
			}
		}
	}
	report, err := proof.Inspect(a, proof.Options{})
	if err != nil {
		r.refused = err
		return r
	}
	for _, f := range report.Findings() {
		if f.Verdict == proof.Undecided {
			r.undecided = append(r.undecided, f)
		} else {
			r.found = append(r.found, f)
		}
	}
	return r
}

// figures are those of all inputs.
type figures struct {
	inputs, read, asked, decided, withFindings int
	found, undecided                           map[proof.Rule]int
	times                                      []time.Duration
	slowest                                    input
}

func (f *figures) add(r result, each bool, out io.Writer) {
	if f.found == nil {
		f.found, f.undecided = map[proof.Rule]int{}, map[proof.Rule]int{}
	}
	f.inputs++
	if f.times = append(f.times, r.took); r.took == slices.Max(f.times) {
		f.slowest = r.input
	}
	if r.refused != nil {
		if each {
			fmt.Fprintf(out, "%s: refused: %s\n", r.path, policy.Readable(r.refused.Error()))
		}
		return
	}
	f.read, f.asked, f.decided = f.read+1, f.asked+r.asked, f.decided+r.decided
	if len(r.found) > 0 {
		f.withFindings++
	}
	for _, one := range r.undecided {
		f.undecided[one.Rule]++
	}
	for _, one := range r.found {
		f.found[one.Rule]++
		if each {
			fmt.Fprintf(out, "%s: %s: %s: %s\n", r.path, one.Rule, policy.Readable(one.Checks[0].Name), policy.Readable(strings.Join(one.Says, "; ")))
		}
	}
}

func (f *figures) print(out io.Writer) error {
	percent := func(part, all int) string {
		return fmt.Sprintf("%d of %d (%.1f %%)", part, all, 100*float64(part)/float64(max(1, all)))
	}
	slices.Sort(f.times)
	fmt.Fprintf(out, "read: %s\n", percent(f.read, f.inputs))
	fmt.Fprintf(out, "questions decided, without an account: %s\n", percent(f.decided, f.asked))
	fmt.Fprintf(out, "time of an input with all its questions: median %v, at most %v (%s)\n", f.times[len(f.times)/2].Round(time.Microsecond),
		f.times[len(f.times)-1].Round(time.Millisecond), f.slowest.path)
	fmt.Fprintf(out, "check finds something in: %s\n\n%-18s %8s %10s\n", percent(f.withFindings, f.read), "rule of check", "found", "undecided")
	all := maps.Clone(f.found)
	maps.Copy(all, f.undecided)
	for _, rule := range slices.Sorted(maps.Keys(all)) {
		if _, err := fmt.Fprintf(out, "%-18s %8d %10d\n", rule, f.found[rule], f.undecided[rule]); err != nil {
			return err
		}
	}
	return nil
}
