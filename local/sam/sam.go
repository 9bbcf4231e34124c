// Package sam reads template.yaml, the only list of the functions: which exist, how
// each is started, how long it may take, and its environment. It does on this
// machine what the SAM CLI and CloudFormation do in a deployment, as far as the
// template needs it.
package sam

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// file is the template's name in the checkout.
const file = "template.yaml"

// databaseVariable is the variable whose secret decides a function's database role.
const databaseVariable = "SUPABASE_DB_URL"

// Template is template.yaml. It is safe for concurrent use.
type Template struct {
	Functions []Function // in the template's order

	parameters map[string]parameter
	conditions map[string]yaml.Node
	roles      map[string]string // by the parameter that names the secret
}

// Function is a function of the template, independent of the parameters.
type Function struct {
	Name    string        // of its folder in functions/: nightly-expiry is NightlyExpiryFunction
	HasURL  bool          // the others are started by schedules
	Timeout time.Duration // of one invocation
	Role    string        // its database role; empty: it uses no database

	secret    string // the parameter that names the secret with the connection string
	events    []namedEvent
	variables map[string]yaml.Node
}

// The parts of the document that are read here. The rest is for the rules of
// tests/template.
type (
	document struct {
		Metadata struct {
			DatabaseRoles map[string]string `yaml:"DatabaseRoles"`
		} `yaml:"Metadata"`
		Parameters map[string]parameter `yaml:"Parameters"`
		Conditions map[string]yaml.Node `yaml:"Conditions"`
		Globals    struct {
			Function properties `yaml:"Function"`
		} `yaml:"Globals"`
		Resources yaml.Node `yaml:"Resources"` // a node, for their order
	}
	parameter struct {
		Default *string `yaml:"Default"`
	}
	resource struct {
		Type       string    `yaml:"Type"`
		Properties yaml.Node `yaml:"Properties"` // not read for other resources
	}
	properties struct {
		Timeout           int       `yaml:"Timeout"` // s
		FunctionURLConfig yaml.Node `yaml:"FunctionUrlConfig"`
		Events            yaml.Node `yaml:"Events"` // as Resources
		Environment       struct {
			Variables map[string]yaml.Node `yaml:"Variables"`
		} `yaml:"Environment"`
	}
	event struct {
		Properties struct {
			ScheduleExpression         string    `yaml:"ScheduleExpression"`
			ScheduleExpressionTimezone yaml.Node `yaml:"ScheduleExpressionTimezone"`
			Input                      string    `yaml:"Input"`
		} `yaml:"Properties"`
	}
	namedEvent struct {
		name string
		event
	}
)

// Read reads the template of the checkout at root. A function that is in the
// template but not in functions/, or the other way round, is an error.
func Read(root string) (*Template, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	t, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, main := range mains {
		folders = append(folders, filepath.Base(filepath.Dir(main)))
	}
	names := t.Names(nil)
	for _, name := range folders {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("functions/%s is not in %s; its entry there is %s", name, file, logicalID(name))
		}
	}
	for _, name := range names {
		if !slices.Contains(folders, name) {
			return nil, fmt.Errorf("%s has %s, but there is no functions/%s/main.go", file, logicalID(name), name)
		}
	}
	return t, nil
}

// Names returns the names of the wanted functions; nil means all.
func (t *Template) Names(wanted func(Function) bool) []string {
	var names []string
	for _, f := range t.Functions {
		if wanted == nil || wanted(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

// HasURL selects functions with a URL and an interface, see [Template.Names].
func HasURL(f Function) bool { return f.HasURL && !f.IsPage() }

// IsPage selects functions whose URL serves files: they check no token, use no database,
// and are no part of the interface that docs/openapi.yaml describes.
func IsPage(f Function) bool { return f.IsPage() }

// IsPage reports whether the function's URL serves files, see [IsPage].
func (f Function) IsPage() bool { return f.HasURL && f.Role == "" }

// HasNoURL selects functions that a schedule starts.
func HasNoURL(f Function) bool { return !f.HasURL }

// Function returns the function of that name, if there is one.
func (t *Template) Function(name string) (Function, bool) {
	n := slices.IndexFunc(t.Functions, func(f Function) bool { return f.Name == name })
	if n < 0 {
		return Function{}, false
	}
	return t.Functions[n], true
}

// Roles returns the database roles of the functions, sorted.
func (t *Template) Roles() []string { return slices.Sorted(maps.Values(t.roles)) }

func parse(text []byte) (*Template, error) {
	var d document
	if err := yaml.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	t := &Template{parameters: d.Parameters, conditions: d.Conditions, roles: d.Metadata.DatabaseRoles}
	for n := 0; n+1 < len(d.Resources.Content); n += 2 {
		id := d.Resources.Content[n].Value
		var r resource
		if err := d.Resources.Content[n+1].Decode(&r); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		var p properties
		if err := r.Properties.Decode(&p); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		f := Function{Name: folder(id), HasURL: !p.FunctionURLConfig.IsZero(), variables: map[string]yaml.Node{}}
		for n := 0; n+1 < len(p.Events.Content); n += 2 {
			e := namedEvent{name: p.Events.Content[n].Value}
			if err := p.Events.Content[n+1].Decode(&e.event); err != nil {
				return nil, fmt.Errorf("%s: %w", id, err)
			}
			f.events = append(f.events, e)
		}
		if p.Timeout == 0 {
			p.Timeout = d.Globals.Function.Timeout
		}
		f.Timeout = time.Duration(p.Timeout) * time.Second
		maps.Copy(f.variables, d.Globals.Function.Environment.Variables)
		maps.Copy(f.variables, p.Environment.Variables)
		if connection, ok := f.variables[databaseVariable]; ok {
			for secret, role := range d.Metadata.DatabaseRoles {
				if strings.Contains(connection.Value, "${"+secret+"}") {
					f.Role, f.secret = role, secret
				}
			}
			if f.Role == "" {
				return nil, fmt.Errorf("%s: %s is of no role in Metadata.DatabaseRoles", id, databaseVariable)
			}
		}
		t.Functions = append(t.Functions, f)
	}
	if len(t.Functions) == 0 {
		return nil, errors.New("there is no function")
	}
	return t, nil
}

var hump = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// folder returns a function's name in functions/, derived as in the Makefile.
func folder(logicalID string) string {
	return strings.ToLower(hump.ReplaceAllString(strings.TrimSuffix(logicalID, "Function"), "$1-$2"))
}

func logicalID(name string) string {
	var id strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			id.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return id.String() + "Function"
}

// Parameters are values of the template's parameters, by name; missing ones have
// their defaults. For a parameter that names a secret, the value is the secret's
// text. What CloudFormation finds out by itself is there by "resource.attribute", see
// [URL].
type Parameters map[string]string

// URL is the name under which [Parameters] have a function's URL.
func URL(name string) string { return logicalID(name) + "Url.FunctionUrl" }

// Connection sets the parameter whose secret holds the function's connection string
// to that string; it is empty for a function without a database.
func (f Function) Connection(url string) Parameters {
	if f.secret == "" {
		return Parameters{}
	}
	return Parameters{f.secret: url}
}

// Environment returns the function's variables as CloudFormation would resolve them,
// "KEY=value" in the order of the keys.
func (t *Template) Environment(f Function, given Parameters) ([]string, error) {
	for name := range given {
		if _, ok := t.parameters[name]; !ok && !strings.Contains(name, ".") {
			return nil, fmt.Errorf("%s has no parameter %s", file, name)
		}
	}
	var environment []string
	for _, name := range slices.Sorted(maps.Keys(f.variables)) {
		node := f.variables[name]
		value, set, err := t.value(&node, given)
		if err != nil {
			return nil, fmt.Errorf("%s: %s of %s: %w", file, name, f.Name, err)
		}
		if set {
			environment = append(environment, name+"="+value)
		}
	}
	return environment, nil
}

// Schedules returns what starts the function, in the template's order.
func (t *Template) Schedules(f Function, given Parameters) ([]Schedule, error) {
	var schedules []Schedule
	for _, e := range f.events {
		name, p := e.name, e.Properties
		s := Schedule{Function: f.Name, Name: name, Expression: p.ScheduleExpression, Zone: time.UTC, input: p.Input}
		if !p.ScheduleExpressionTimezone.IsZero() {
			zone, _, err := t.value(&p.ScheduleExpressionTimezone, given)
			if err == nil {
				s.Zone, err = time.LoadLocation(zone)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: schedule %s of %s: %w", file, name, f.Name, err)
			}
		}
		if err := s.parse(); err != nil {
			return nil, fmt.Errorf("%s: schedule %s of %s: %w", file, name, f.Name, err)
		}
		schedules = append(schedules, s)
	}
	return schedules, nil
}

var (
	secret       = regexp.MustCompile(`\{\{resolve:secretsmanager:(\$\{\w+\}):SecretString\}\}`)
	substitution = regexp.MustCompile(`\$\{([^}]*)\}`)
)

// intrinsic returns the name of a node's function, such as Ref or If, in either of
// CloudFormation's forms, and its argument.
func intrinsic(node *yaml.Node) (name string, argument *yaml.Node) {
	if node.Kind == yaml.MappingNode && len(node.Content) == 2 {
		return strings.TrimPrefix(node.Content[0].Value, "Fn::"), node.Content[1]
	}
	if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
		return node.Tag[1:], node
	}
	return "", node
}

// value resolves a text; set is false for AWS::NoValue.
func (t *Template) value(node *yaml.Node, given Parameters) (value string, set bool, err error) {
	switch name, argument := intrinsic(node); {
	case name == "" && argument.Kind == yaml.ScalarNode:
		return argument.Value, true, nil
	case name == "Ref" && argument.Value == "AWS::NoValue":
		return "", false, nil
	case name == "Ref":
		value, err = t.parameter(argument.Value, given)
		return value, true, err
	case name == "GetAtt" && argument.Kind == yaml.ScalarNode:
		value, set = given[argument.Value]
		if !set {
			return "", false, fmt.Errorf("line %d: GetAtt %s is not known here", node.Line, argument.Value)
		}
		return value, true, nil
	case name == "Sub" && argument.Kind == yaml.ScalarNode:
		value = substitution.ReplaceAllStringFunc(secret.ReplaceAllString(argument.Value, "$1"), func(match string) string {
			text, e := t.parameter(match[2:len(match)-1], given)
			err = errors.Join(err, e)
			return text
		})
		return value, true, err
	case name == "If" && len(argument.Content) == 3:
		holds, err := t.holds(argument.Content[0].Value, given)
		if err != nil {
			return "", false, err
		}
		if holds {
			return t.value(argument.Content[1], given)
		}
		return t.value(argument.Content[2], given)
	default:
		return "", false, fmt.Errorf("line %d: %s is not known here", node.Line, strings.TrimSpace(name+" "+node.Value))
	}
}

func (t *Template) parameter(name string, given Parameters) (string, error) {
	p, ok := t.parameters[name]
	if !ok {
		return "", fmt.Errorf("there is no parameter %s", name)
	}
	if value, ok := given[name]; ok {
		return value, nil
	}
	if p.Default == nil {
		return "", fmt.Errorf("the parameter %s has no value", name)
	}
	return *p.Default, nil
}

// holds evaluates a condition of the template.
func (t *Template) holds(name string, given Parameters) (bool, error) {
	node, ok := t.conditions[name]
	if !ok {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	return t.isTrue(&node, given)
}

func (t *Template) isTrue(node *yaml.Node, given Parameters) (bool, error) {
	switch name, argument := intrinsic(node); {
	case name == "Equals" && len(argument.Content) == 2:
		a, _, err := t.value(argument.Content[0], given)
		b, _, otherErr := t.value(argument.Content[1], given)
		return a == b, errors.Join(err, otherErr)
	case name == "Not" && len(argument.Content) == 1:
		holds, err := t.isTrue(argument.Content[0], given)
		return !holds, err
	case name == "Condition":
		return t.holds(argument.Value, given)
	default:
		return false, fmt.Errorf("line %d: the condition %s is not known here", node.Line, strconv.Quote(name))
	}
}
