//go:build lint

package template_test

import (
	"go/ast"
	"go/constant"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

// source is what the functions' code says about what they need: per function,
// by its folder's name.
type source map[string]*functionSource

type functionSource struct {
	hasURL         bool            // it is made by shared/service
	variables      map[string]bool // of the environment, that it reads
	metrics        map[string]bool // that it writes
	maxConnections []int64         // with which it opens the database
}

const module = "mentorpause/"

// readSource finds out from the code itself, so that the template can't fall
// behind: it follows every function of ours that main may reach, and notes the
// constants with which they read the environment, name metrics and open the
// database. Calls through an interface are not followed.
var sourceOnce = sync.OnceValues(loadSource)

func readSource(t testing.TB) source {
	t.Helper()
	s, err := sourceOnce()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func loadSource() (source, error) {
	config := &packages.Config{Mode: packages.LoadSyntax, BuildFlags: []string{"-tags=lambda.norpc"}}
	loaded, err := packages.Load(config, "./functions/...", "./shared/...")
	if err != nil {
		return nil, err
	}
	c := &code{functions: map[string]*function{}, initial: map[string][]string{}, imports: map[string][]string{}}
	var mains []string
	for _, p := range loaded {
		for _, problem := range p.Errors {
			return nil, problem
		}
		if p.Name == "main" {
			mains = append(mains, p.PkgPath)
		}
		c.add(p)
	}
	c.findReaders()

	found := source{}
	for _, main := range mains {
		if !strings.HasPrefix(main, module+"functions/") {
			continue
		}
		f := &functionSource{variables: map[string]bool{}, metrics: map[string]bool{}}
		for name := range c.reachable(main) {
			f.hasURL = f.hasURL || name == module+"shared/service.Serve"
			c.functions[name].note(f)
		}
		found[path.Base(main)] = f
	}
	return found, nil
}

// code is the call graph of our packages.
type code struct {
	functions map[string]*function // by full name
	initial   map[string][]string  // package → what runs before main
	imports   map[string][]string  // package → ours that it imports
}

// function is a function of ours, or the initial values of a package.
type function struct {
	uses           []string // functions that it names
	reads          []read
	metrics        []string
	maxConnections []int64

	// The parameter that is the name of a variable which it reads; -1: none.
	nameParameter int
}

// read is a call with a name: of the environment, or of a function that may
// hand the name on to it.
type read struct {
	of       string // full name; empty: the environment
	argument int    // which argument is the name
	names    []string
}

func (f *function) note(into *functionSource) {
	for _, r := range f.reads {
		for _, name := range r.names {
			into.variables[name] = true
		}
	}
	for _, name := range f.metrics {
		into.metrics[name] = true
	}
	into.maxConnections = append(into.maxConnections, f.maxConnections...)
}

func (c *code) add(p *packages.Package) {
	for imported := range p.Imports {
		if strings.HasPrefix(imported, module) {
			c.imports[p.PkgPath] = append(c.imports[p.PkgPath], imported)
		}
	}
	values := p.PkgPath + ".initial values"
	c.functions[values] = &function{nameParameter: -1}
	c.initial[p.PkgPath] = []string{values}
	for _, file := range p.Syntax {
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				object := p.TypesInfo.Defs[d.Name].(*types.Func)
				name := object.FullName()
				f := &function{nameParameter: -1}
				c.functions[name] = f
				f.read(p, d, object.Signature().Params())
				if d.Name.Name == "init" && d.Recv == nil {
					c.initial[p.PkgPath] = append(c.initial[p.PkgPath], name)
				}
			case *ast.GenDecl:
				c.functions[values].read(p, d, nil)
			}
		}
	}
}

func (f *function) read(p *packages.Package, node ast.Node, parameters *types.Tuple) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if used, ok := p.TypesInfo.Uses[n].(*types.Func); ok && used.Pkg() != nil && strings.HasPrefix(used.Pkg().Path(), module) {
				f.uses = append(f.uses, used.FullName())
			}
		case *ast.CallExpr:
			f.readCall(p, n, parameters)
		case *ast.CompositeLit:
			named, ok := p.TypesInfo.TypeOf(n).(*types.Named)
			if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path()+"."+named.Obj().Name() != module+"shared/database.Settings" {
				break
			}
			connections := int64(0) // the package's own default
			for _, element := range n.Elts {
				if field, ok := element.(*ast.KeyValueExpr); ok && types.ExprString(field.Key) == "MaxConnections" {
					connections, _ = constant.Int64Val(p.TypesInfo.Types[field.Value].Value)
				}
			}
			f.maxConnections = append(f.maxConnections, connections)
		}
		return true
	})
}

var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// readCall notes what the call says with a constant, or with a parameter, as a
// name.
func (f *function) readCall(p *packages.Package, call *ast.CallExpr, parameters *types.Tuple) {
	callee := ""
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		if used, ok := p.TypesInfo.Uses[fun].(*types.Func); ok {
			callee = used.FullName()
		}
	case *ast.SelectorExpr:
		if used, ok := p.TypesInfo.Uses[fun.Sel].(*types.Func); ok {
			callee = used.FullName()
		}
	}
	constantText := func(e ast.Expr) (string, bool) {
		value := p.TypesInfo.Types[e].Value
		if value == nil || value.Kind() != constant.String {
			return "", false
		}
		return constant.StringVal(value), true
	}
	if callee == module+"shared/metric.Count" || callee == module+"shared/metric.Milliseconds" {
		if name, ok := constantText(call.Args[0]); ok {
			f.metrics = append(f.metrics, name)
		}
		return
	}
	environment := callee == "os.Getenv" || callee == "os.LookupEnv" || callee == "" && isGetenv(p.TypesInfo.TypeOf(call.Fun))
	if !environment && !strings.Contains(callee, module) {
		return
	}
	for n, argument := range call.Args {
		r := read{of: callee, argument: n}
		if environment {
			r.of = ""
		}
		if name, ok := constantText(argument); ok && variableName.MatchString(name) {
			r.names = []string{name}
		} else if id, ok := argument.(*ast.Ident); ok && environment && parameters != nil {
			for i := range parameters.Len() {
				if p.TypesInfo.Uses[id] == parameters.At(i) {
					f.nameParameter = i
				}
			}
			continue
		} else {
			continue
		}
		f.reads = append(f.reads, r)
	}
}

// isGetenv says whether a value may be os.Getenv: a func(string) string.
func isGetenv(t types.Type) bool {
	if t == nil {
		return false
	}
	signature, ok := t.Underlying().(*types.Signature)
	return ok && signature.Params().Len() == 1 && signature.Results().Len() == 1 &&
		types.Identical(signature.Params().At(0).Type(), types.Typ[types.String]) &&
		types.Identical(signature.Results().At(0).Type(), types.Typ[types.String])
}

// findReaders keeps of the calls with names those that read the environment:
// directly, or by a function that does so with the name it is given.
func (c *code) findReaders() {
	for _, f := range c.functions {
		f.reads = slices.DeleteFunc(f.reads, func(r read) bool {
			if r.of == "" {
				return false
			}
			called := c.functions[r.of]
			return called == nil || called.nameParameter != r.argument
		})
	}
}

// reachable are the functions that may run in the program of that main package.
func (c *code) reachable(main string) map[string]bool {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] || c.functions[name] == nil {
			return
		}
		seen[name] = true
		for _, used := range c.functions[name].uses {
			visit(used)
		}
	}
	linked := map[string]bool{}
	var link func(pkg string)
	link = func(pkg string) {
		if linked[pkg] {
			return
		}
		linked[pkg] = true
		for _, name := range c.initial[pkg] {
			visit(name)
		}
		for _, imported := range c.imports[pkg] {
			link(imported)
		}
	}
	link(main)
	visit(main + ".main")
	return seen
}

// What the analysis finds is checked by what is known of two functions, so that
// a rule that compares with it can't pass because it finds nothing.
func TestTemplateSource(t *testing.T) {
	t.Parallel()
	s := readSource(t)
	if got, want := slices.Sorted(maps.Keys(s)), functionFolders(t); !slices.Equal(got, want) {
		t.Fatalf("functions %v, want %v", got, want)
	}
	for name, want := range map[string][]string{
		"pause": {"LOG_LEVEL", "ORGANISATION_TIME_ZONE", "SUPABASE_ANON_KEY", "SUPABASE_DB_URL", "SUPABASE_JWKS", "SUPABASE_JWT_SECRET",
			"SUPABASE_PUBLISHABLE_KEY", "SUPABASE_URL"},
		"dispatch-notifications": {"LOG_LEVEL", "MAIL_FROM", "ORGANISATION_TIME_ZONE", "SMTP_URL", "SUPABASE_DB_URL"},
	} {
		if got := slices.Sorted(maps.Keys(s[name].variables)); !slices.Equal(got, want) {
			t.Errorf("%s reads %v, want %v", name, got, want)
		}
	}
	if !s["pause"].hasURL || s["dispatch-notifications"].hasURL {
		t.Error("pause has a URL, dispatch-notifications has none")
	}
	if len(s["pause"].metrics) != 0 || !s["nightly-expiry"].metrics["missed_nights"] {
		t.Errorf("metrics: pause %v, nightly-expiry %v", s["pause"].metrics, s["nightly-expiry"].metrics)
	}
}
