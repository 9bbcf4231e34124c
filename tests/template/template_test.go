//go:build lint

package template_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/awslabs/goformation/v7/intrinsics"
	"github.com/awslabs/goformation/v7/schema"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// template is template.yaml with its intrinsic functions in their long form,
// {"Ref": "X"}. Globals are not merged into it yet.
type template map[string]any

func readTemplate(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parseTemplate(t testing.TB, text string) template {
	t.Helper()
	return parse(t, text, &intrinsics.ProcessorOptions{NoProcess: true})
}

// resolveTemplate returns the template with some value for everything that only AWS
// knows; take is the branch of every Fn::If.
func resolveTemplate(t testing.TB, text string, take int) template {
	t.Helper()
	parameters := parseTemplate(t, text).section("Parameters")
	return parse(t, text, &intrinsics.ProcessorOptions{IntrinsicHandlerOverrides: map[string]intrinsics.IntrinsicHandler{
		"Fn::GetAtt": func(string, any, any) any { return "attribute" },
		"Fn::Select": func(string, any, any) any { return "element" },
		"Fn::If": func(_ string, arguments, _ any) any {
			if list, ok := arguments.([]any); ok && len(list) == 3 {
				return list[1+take]
			}
			return "an Fn::If without three arguments"
		},
		"Ref": func(_ string, name, _ any) any {
			switch {
			case name == "AWS::NoValue":
				return nil
			case at(parameters, fmt.Sprint(name), "Type") == "Number":
				return 1
			default:
				return "value"
			}
		},
	}})
}

// parsing is locked while parsing: goformation registers its tags each time.
var parsing sync.Mutex

func parse(t testing.TB, text string, options *intrinsics.ProcessorOptions) template {
	t.Helper()
	parsing.Lock()
	defer parsing.Unlock()
	encoded, err := intrinsics.ProcessYAML([]byte(text), options)
	if err != nil {
		t.Fatalf("template.yaml: %v", err)
	}
	var parsed template
	if err := json.Unmarshal(encoded, &parsed); err != nil {
		t.Fatalf("template.yaml: %v", err)
	}
	return parsed
}

// at walks down nested maps; nil if there is no such key.
func at(value any, keys ...string) any {
	for _, key := range keys {
		switch fields := value.(type) {
		case map[string]any:
			value = fields[key]
		case template:
			value = fields[key]
		default:
			return nil
		}
	}
	return value
}

func (t template) section(name string) map[string]any {
	section, _ := t[name].(map[string]any)
	return section
}

func (t template) resource(id string) any { return t.section("Resources")[id] }

// ofType returns the logical ids of the resources of a type, sorted.
func (t template) ofType(name string) []string {
	var ids []string
	for id, resource := range t.section("Resources") {
		if at(resource, "Type") == name {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

const samFunction = "AWS::Serverless::Function"

// property returns a function's own property, or else that of Globals. Environment
// variables are merged, as SAM does.
func (t template) property(id string, keys ...string) any {
	own := at(t.resource(id), append([]string{"Properties"}, keys...)...)
	global := at(t, append([]string{"Globals", "Function"}, keys...)...)
	if ownFields, ok := own.(map[string]any); ok {
		if globalFields, ok := global.(map[string]any); ok {
			merged := maps.Clone(globalFields)
			maps.Copy(merged, ownFields)
			return merged
		}
	}
	if own == nil {
		return global
	}
	return own
}

// folder is the function's name in functions/: nightly-expiry for
// NightlyExpiryFunction.
func folder(logicalID string) string {
	var name strings.Builder
	for n, r := range strings.TrimSuffix(logicalID, "Function") {
		if r >= 'A' && r <= 'Z' && n > 0 {
			name.WriteByte('-')
		}
		name.WriteRune(r)
	}
	return strings.ToLower(name.String())
}

// logicalID is the function's name in the template: PauseFunction for pause.
func logicalID(name string) string {
	var id strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		id.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return id.String() + "Function"
}

func functionFolders(t testing.TB) []string {
	t.Helper()
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range mains {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	if len(names) == 0 {
		t.Fatal("no functions/*/main.go")
	}
	return names
}

// complaints are a rule's objections to a template.
type complaints []string

func (c *complaints) add(format string, values ...any) {
	*c = append(*c, fmt.Sprintf(format, values...))
}

func TestTemplateKeepsTheRules(t *testing.T) {
	t.Parallel()
	text, source := readTemplate(t), mustReadSource(t)
	for name, rule := range templateRules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, complaint := range rule(parseTemplate(t, text), source) {
				t.Error(complaint)
			}
		})
	}
	t.Run("every property is known and has the right type", func(t *testing.T) {
		t.Parallel()
		for _, complaint := range checkSchema(t, text) {
			t.Error(complaint)
		}
	})
}

// samSchema is goformation's JSON schema of SAM. goformation itself only reads a
// template into its types, and ignores what it doesn't know. Its schema refuses
// that, but is older than some properties that SAM passes on to CloudFormation
// unchanged. They are added here from CloudFormation's part of the same schema.
var samSchema = sync.OnceValues(func() (map[string]any, error) {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema.SamSchema))
	if err != nil {
		return nil, err
	}
	root := document.(map[string]any)
	delete(root, "$id") // a web address without content
	definitions := root["definitions"].(map[string]any)
	properties := func(of ...string) map[string]any {
		return at(definitions, append(of, "properties")...).(map[string]any)
	}
	reference := func(name string) any { return map[string]any{"$ref": "#/definitions/" + name} }

	function := properties(samFunction, "properties", "Properties")
	function["LoggingConfig"] = reference("AWS::Lambda::Function.LoggingConfig")

	event := maps.Clone(properties("AWS::Scheduler::Schedule", "properties", "Properties"))
	delete(event, "Target") // the function
	text := map[string]any{"type": "string"}
	maps.Copy(event, map[string]any{
		"Input": text, "RoleArn": text, "PermissionsBoundary": text, "OmitName": map[string]any{"type": "boolean"},
		"RetryPolicy":      reference("AWS::Scheduler::Schedule.RetryPolicy"),
		"DeadLetterConfig": reference("AWS::Scheduler::Schedule.DeadLetterConfig"),
	})
	definitions["ScheduleV2"] = map[string]any{
		"type": "object", "additionalProperties": false, "properties": event, "required": []any{"ScheduleExpression"},
	}
	source := properties(samFunction + ".EventSource")
	source["Properties"] = reference("ScheduleV2") // the only kind that we have
	source["Type"] = map[string]any{"enum": []any{"ScheduleV2"}}

	// One of the two is enough (AWS::Lambda::EventInvokeConfig.DestinationConfig).
	delete(definitions[samFunction+".EventInvokeDestinationConfig"].(map[string]any), "required")
	return root, nil
})

// schemaOf is the part of samSchema for one resource type, or nil if it is unknown.
// The whole has eight megabytes, most of which no template needs.
func schemaOf(kind string) (*jsonschema.Schema, error) {
	document, err := samSchema()
	if err != nil {
		return nil, err
	}
	all := document["definitions"].(map[string]any)
	if all[kind] == nil {
		return nil, nil
	}
	needed := map[string]any{}
	var need func(name string)
	need = func(name string) {
		if needed[name] != nil {
			return
		}
		needed[name] = all[name]
		walk(all[name], "", func(_ string, value any) {
			if reference, ok := at(value, "$ref").(string); ok {
				need(strings.TrimPrefix(reference, "#/definitions/"))
			}
		})
	}
	need(kind)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	if err := compiler.AddResource("sam.json", map[string]any{"definitions": needed, "$ref": "#/definitions/" + kind}); err != nil {
		return nil, err
	}
	return compiler.Compile("sam.json")
}

// schemas caches those of the types used so far.
var schemas = struct {
	sync.Mutex
	of map[string]*jsonschema.Schema
}{of: map[string]*jsonschema.Schema{}}

// checkSchema validates each resource, with both branches of its conditions.
func checkSchema(t testing.TB, text string) (found complaints) {
	t.Helper()
	schemas.Lock()
	defer schemas.Unlock()
	for branch := range 2 {
		resolved := resolveTemplate(t, text, branch)
		if resolved["AWSTemplateFormatVersion"] != "2010-09-09" || resolved["Transform"] != "AWS::Serverless-2016-10-31" {
			found.add("version %v, transform %v: not a SAM template", resolved["AWSTemplateFormatVersion"], resolved["Transform"])
		}
		for section := range resolved {
			switch section {
			case "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters", "Rules", "Conditions", "Globals", "Resources", "Outputs":
			default:
				found.add("%s: no such section", section)
			}
		}
		for id, resource := range resolved.section("Resources") {
			kind, _ := at(resource, "Type").(string)
			checker, known := schemas.of[kind]
			if !known {
				var err error
				if checker, err = schemaOf(kind); err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				schemas.of[kind] = checker
			}
			if checker == nil {
				found.add("%s: there is no resource type %q", id, kind)
				continue
			}
			fields := resource.(map[string]any)
			if kind == samFunction {
				fields["Properties"] = resolved.withGlobals(id)
			}
			if err := checker.Validate(withoutNulls(fields)); err != nil {
				found.add("%s: %v", id, err)
			}
		}
	}
	return found
}

func (t template) withGlobals(id string) map[string]any {
	merged := map[string]any{}
	for _, from := range []any{at(t, "Globals", "Function"), at(t.resource(id), "Properties")} {
		fields, _ := from.(map[string]any)
		for name := range fields {
			merged[name] = t.property(id, name)
		}
	}
	return merged
}

// withoutNulls removes what AWS::NoValue stands for.
func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, field := range value {
			if field != nil {
				kept[key] = withoutNulls(field)
			}
		}
		return kept
	case []any:
		kept := []any{}
		for _, element := range value {
			if element != nil {
				kept = append(kept, withoutNulls(element))
			}
		}
		return kept
	default:
		return value
	}
}

// sam build calls these targets; what they build must be what the handler names.
func TestTemplateBuildTargets(t *testing.T) {
	t.Parallel()
	text := parseTemplate(t, readTemplate(t))
	for _, name := range functionFolders(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.Command("make", "build-"+logicalID(name), "ARTIFACTS_DIR="+dir)
			cmd.Env = append(os.Environ(), "MAKEFLAGS=", "GOARCH="+runtime.GOARCH)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			handler, _ := text.property(logicalID(name), "Handler").(string)
			info, err := os.Stat(filepath.Join(dir, handler))
			if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
				t.Errorf("no executable %q: %v", handler, err)
			}
		})
	}
	t.Run("a function that isn't there is refused", func(t *testing.T) {
		t.Parallel()
		cmd := exec.Command("make", "build-NobodyFunction", "ARTIFACTS_DIR="+t.TempDir())
		cmd.Env = append(os.Environ(), "MAKEFLAGS=")
		if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("functions/nobody")) {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
