package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the lists in api/ anew")

const (
	module = "github.com/crossgrant/crossgrant"
	golden = "../../api/go.txt"
)

// notAPI are the trees whose packages promise nothing: docs/versioning.md.
var notAPI = regexp.MustCompile(`^$|^(bench|cmd|lambda|sandbox|stacks|tools)(/|$)|(^|/)internal(/|$)`)

// The exported API is that of api/go.txt.
func TestGoAPI(t *testing.T) {
	if err := Check(golden, listing(t, packages(t)), *update); err != nil {
		t.Error(err)
	}
}

// packages are the packages that others may import, read from what the compiler exports of them.
func packages(t *testing.T) (all []*types.Package) {
	t.Helper()
	// `go test` has to know on what the result depends, since it does not see what the commands below read.
	if err := filepath.WalkDir("../..", func(name string, e fs.DirEntry, err error) error {
		switch path := strings.TrimPrefix(filepath.ToSlash(name), "../../"); {
		case err != nil || !e.IsDir() && (!strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go")):
			return err
		case e.IsDir() && name != "../.." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" || regexp.MustCompile(`^(bench|cmd|cdk.out|lambda|sandbox|stacks|tools)$`).MatchString(path)):
			return fs.SkipDir
		}
		_, err = os.Stat(name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	names, err := exec.Command("go", "list", module+"/...").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var public []string
	for _, name := range strings.Fields(string(names)) {
		if !notAPI.MatchString(strings.TrimPrefix(strings.TrimPrefix(name, module), "/")) {
			public = append(public, name)
		}
	}
	out, err := exec.Command("go", append([]string{"list", "-export", "-json=ImportPath,Export"}, public...)...).Output()
	if err != nil {
		t.Fatalf("compile packages: %v", err)
	}
	exported := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exported[p.ImportPath] = p.Export
	}
	read := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exported[path]) })
	for _, name := range public {
		p, err := read.Import(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, p)
	}
	return all
}

// lister writes lines. What an alias makes public of a package inside has the name of the alias, so that inside it may move.
type lister struct {
	lines   []string
	aliases map[string]string
}

func listing(t *testing.T, packages []*types.Package) []string {
	t.Helper()
	l := lister{aliases: map[string]string{}}
	for _, p := range packages {
		for _, name := range p.Scope().Names() {
			if target := inside(p.Scope().Lookup(name)); target != nil {
				l.aliases[target.Obj().Pkg().Path()+"."+target.Obj().Name()] = p.Path() + "." + name
			}
		}
	}
	for _, p := range packages {
		for _, name := range p.Scope().Names() {
			if o := p.Scope().Lookup(name); o.Exported() {
				l.object(strings.TrimPrefix(p.Path(), module+"/"), o)
			}
		}
	}
	return l.lines
}

// inside is the type of an internal package of which an exported name is an alias, nil if it is none.
func inside(o types.Object) *types.Named {
	if name, ok := o.(*types.TypeName); ok && name.Exported() && name.IsAlias() {
		if named, ok := types.Unalias(name.Type()).(*types.Named); ok && named.Obj().Pkg() != nil && strings.HasPrefix(named.Obj().Pkg().Path(), module+"/") &&
			strings.Contains(named.Obj().Pkg().Path(), "/internal/") {
			return named
		}
	}
	return nil
}

var qualified = regexp.MustCompile(`[\w./-]+\.\w+`)

func (l *lister) text(t types.Type) string {
	text := types.TypeString(t, func(p *types.Package) string { return p.Path() })
	return qualified.ReplaceAllStringFunc(text, func(name string) string {
		if alias, ok := l.aliases[name]; ok {
			name = alias
		}
		return strings.TrimPrefix(name, module+"/")
	})
}

// signature is what a function takes and returns, without the names of parameters, which callers do not write.
func (l *lister) signature(s *types.Signature) string {
	list := func(t *types.Tuple, variadic bool) string {
		var all []string
		for v := range t.Variables() {
			all = append(all, l.text(v.Type()))
		}
		if variadic {
			all[len(all)-1] = "..." + strings.TrimPrefix(all[len(all)-1], "[]")
		}
		return strings.Join(all, ", ")
	}
	text := "(" + list(s.Params(), s.Variadic()) + ")"
	switch s.Results().Len() {
	case 0:
	case 1:
		text += " " + list(s.Results(), false)
	default:
		text += " (" + list(s.Results(), false) + ")"
	}
	if s.TypeParams().Len() > 0 {
		var all []string
		for p := range s.TypeParams().TypeParams() {
			all = append(all, p.String()+" "+l.text(p.Constraint()))
		}
		text = "[" + strings.Join(all, ", ") + "]" + text
	}
	return text
}

func (l *lister) add(pkg, format string, args ...any) {
	l.lines = append(l.lines, "pkg "+pkg+", "+fmt.Sprintf(format, args...))
}

func (l *lister) object(pkg string, o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		value := o.Val().ExactString()
		if o.Val().Kind() == constant.Float {
			value = o.Val().String()
		}
		l.add(pkg, "const %s %s = %s", o.Name(), l.text(o.Type()), value)
	case *types.Var:
		l.add(pkg, "var %s %s", o.Name(), l.text(o.Type()))
	case *types.Func:
		l.add(pkg, "func %s%s", o.Name(), l.signature(o.Signature()))
	case *types.TypeName:
		l.typeName(pkg, o)
	}
}

func (l *lister) typeName(pkg string, o *types.TypeName) {
	name := o.Name()
	if o.IsAlias() && inside(o) == nil {
		l.add(pkg, "type %s = %s", name, l.text(types.Unalias(o.Type())))
		return
	}
	named, ok := types.Unalias(o.Type()).(*types.Named)
	if !ok {
		return
	}
	switch u := named.Underlying().(type) {
	case *types.Struct:
		l.add(pkg, "type %s struct", name)
		for i := range u.NumFields() {
			f := u.Field(i)
			if !f.Exported() {
				continue
			}
			embedded, tag := "", ""
			if f.Embedded() {
				embedded = "embedded "
			}
			if u.Tag(i) != "" {
				tag = " `" + u.Tag(i) + "`"
			}
			l.add(pkg, "type %s struct, %s%s %s%s", name, embedded, f.Name(), l.text(f.Type()), tag)
		}
	case *types.Interface:
		// A method more is a break, too, for those who implement it: they are in one line. With one that others cannot write, nobody else implements it.
		var methods []string
		sealed := false
		for m := range u.Methods() {
			if sealed = sealed || !m.Exported(); m.Exported() {
				methods = append(methods, m.Name()+l.signature(m.Signature()))
			}
		}
		if !sealed {
			l.add(pkg, "type %s interface { %s }", name, strings.Join(methods, "; "))
			return
		}
		l.add(pkg, "type %s interface, of this module alone", name)
		for _, m := range methods {
			l.add(pkg, "type %s interface, %s", name, m)
		}
	default:
		l.add(pkg, "type %s %s", name, l.text(u))
	}
	value := types.NewMethodSet(named)
	pointer := types.NewMethodSet(types.NewPointer(named))
	if types.IsInterface(named) {
		return
	}
	for m := range pointer.Methods() {
		if !m.Obj().Exported() {
			continue
		}
		receiver := "*" + name
		if value.Lookup(m.Obj().Pkg(), m.Obj().Name()) != nil {
			receiver = name
		}
		l.add(pkg, "method (%s) %s%s", receiver, m.Obj().Name(), l.signature(m.Type().(*types.Signature)))
	}
}
