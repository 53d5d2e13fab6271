package settings

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

// Functions cannot import contract, which names the variables that grants and constructs set: this test compares the names, in messages too.
func TestTheVariablesAreThoseOfContract(t *testing.T) {
	named := map[string]bool{}
	for _, name := range []string{
		contract.VariableAccess, contract.VariableRoleARN, contract.VariableExternalID, contract.VariableSourceIdentity, contract.VariableSessionSeconds,
		contract.VariableBucket, contract.VariablePrefixes, contract.VariableCopyPrefixes, contract.VariableOriginBucket, contract.VariableTable,
		contract.VariableDestinationBucket, contract.VariableCopyPartMiB, contract.VariableCopyParallel,
	} {
		named[name] = true
	}
	read := map[string]bool{}
	lookup := func(name string) (string, bool) { read[name] = true; return "", false }
	_, _ = ReadList(lookup)
	_, _ = ReadScan(lookup)
	_, _ = ReadTrail(lookup)
	_, _ = ReadCopy(lookup)
	_, _ = ReadCopy(func(name string) (string, bool) { // with a grant to read
		_, _ = lookup(name)
		return "b-1", name == contract.VariableDestinationBucket
	})
	for _, lambdas := range []string{"AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"} { // set by Lambda
		if !read[lambdas] {
			t.Errorf("%s is not read", lambdas)
		}
		delete(read, lambdas)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(named)), slices.Sorted(maps.Keys(read))); diff != "" {
		t.Errorf("variables (-contract +settings):\n%s", diff)
	}
	for _, value := range stringsIn(t, "../..") {
		for _, word := range strings.FieldsFunc(value, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }) {
			if strings.HasPrefix(word, contract.EnvironmentPrefix) && !named[word] {
				t.Errorf("found %s in %q, expected a variable that contract names", word, value)
			}
		}
	}
}

// stringsIn returns the string literals of the Go files below a directory, without those of tests.
func stringsIn(t *testing.T, dir string) (values []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if value, err := strconv.Unquote(literal.Value); err == nil {
					values = append(values, value)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || len(values) == 0 {
		t.Fatalf("found %d texts in %s, %v", len(values), dir, err)
	}
	return values
}
