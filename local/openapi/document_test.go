package openapi

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"mentorpause/shared/refusal"
	"mentorpause/supabase"
)

func load(t *testing.T) *Document {
	t.Helper()
	document, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// codeStatuses is the table of shared/refusal, "409 not_paused", in order.
func codeStatuses() []string {
	var table []string
	for _, code := range refusal.Codes() {
		table = append(table, fmt.Sprint(code.Status(), " ", code))
	}
	slices.Sort(table)
	return table
}

func TestDocumentHasEveryErrorCodeWithItsStatus(t *testing.T) {
	t.Parallel()
	document := load(t)

	t.Run("in the answers", func(t *testing.T) {
		answered := map[string]bool{}
		for path := range document.spec.Paths.Map() {
			for _, answer := range document.Answers(strings.TrimPrefix(path, "/")) {
				if answer.Status >= 400 {
					answered[fmt.Sprint(answer.Status, " ", answer.Code)] = true
				}
			}
		}
		if diff := cmp.Diff(codeStatuses(), slices.Sorted(maps.Keys(answered))); diff != "" {
			t.Errorf("codes (-shared/refusal +docs/openapi.yaml):\n%s", diff)
		}
	})

	t.Run("in the table of the introduction", func(t *testing.T) {
		var rows []string
		for _, row := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `(\\w+)` \\| \\S").FindAllStringSubmatch(document.spec.Info.Description, -1) {
			rows = append(rows, row[1]+" "+row[2])
		}
		slices.Sort(rows)
		if diff := cmp.Diff(codeStatuses(), rows); diff != "" {
			t.Errorf("codes (-shared/refusal +docs/openapi.yaml):\n%s", diff)
		}
	})

	t.Run("in the schema of the code", func(t *testing.T) {
		var want []any
		for _, code := range refusal.Codes() {
			want = append(want, string(code))
		}
		byText := func(a, b any) int { return strings.Compare(a.(string), b.(string)) }
		got := slices.SortedFunc(slices.Values(document.spec.Components.Schemas["ErrorCode"].Value.Enum), byText)
		if diff := cmp.Diff(slices.SortedFunc(slices.Values(want), byText), got); diff != "" {
			t.Errorf("codes (-shared/refusal +docs/openapi.yaml):\n%s", diff)
		}
	})
}

// Each error code has an example wherever it may occur, with the code's message or one that
// an RPC has of its own.
func TestDocumentHasAnExampleOfEveryErrorCode(t *testing.T) {
	t.Parallel()
	rpcs := migrations(t)
	seen := 0
	for name, operation := range operations(load(t)) {
		for status, response := range operation.Responses.Map() {
			if status < "400" {
				continue
			}
			codes := codesOf(response.Value)
			examples := response.Value.Content[mediaType].Examples
			if len(examples) != len(codes) {
				t.Errorf("%s %s has %d examples of %d codes", name, status, len(examples), len(codes))
			}
			for _, code := range codes {
				seen++
				example := examples[code]
				if example == nil {
					t.Errorf("%s %s has no example %q", name, status, code)
					continue
				}
				body, _ := example.Value.Value.(map[string]any)
				known := refusal.Code(code)
				if body["code"] != code || strconv.Itoa(known.Status()) != status {
					t.Errorf("%s %s: the example %q has the code %v, whose status is %d", name, status, code, body["code"], known.Status())
				}
				message, _ := body["message"].(string)
				if known != refusal.InvalidRequest && message != known.Message() && !strings.Contains(rpcs, "'"+message+"'") {
					t.Errorf("%s %s: the example %q says %q, the function %q", name, status, code, body["message"], known.Message())
				}
			}
		}
	}
	if seen < len(refusal.Codes())-2 { // the two codes with which no function refuses
		t.Errorf("only %d examples", seen)
	}
}

// migrations is the text of all of them.
func migrations(t *testing.T) string {
	t.Helper()
	names, err := fs.Glob(supabase.Files, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var all strings.Builder
	for _, name := range names {
		content, err := supabase.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

func operations(d *Document) map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range d.spec.Paths.Map() {
		for method, operation := range item.Operations() {
			all[method+" "+path] = operation
		}
	}
	return all
}

// Every example is valid by its schema.
func TestDocumentExamplesAreValid(t *testing.T) {
	t.Parallel()
	document := load(t)
	checked := 0
	check := func(where string, schema *openapi3.SchemaRef, value any) {
		checked++
		if err := schema.Value.VisitJSON(value, rules()...); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	media := func(where string, content openapi3.Content) {
		for _, described := range content {
			if described.Schema.Value.Format == "binary" {
				continue // a file
			}
			if len(described.Examples) == 0 {
				t.Errorf("%s has no example", where)
			}
			for name, example := range described.Examples {
				check(where+" "+name, described.Schema, example.Value.Value)
			}
		}
	}
	for name, operation := range operations(document) {
		for _, parameter := range operation.Parameters {
			if p := parameter.Value; p.Example == nil {
				t.Errorf("%s: the parameter %s has no example", name, p.Name)
			} else {
				check(name+" "+p.Name, p.Schema, p.Example)
			}
		}
		if operation.RequestBody != nil {
			media(name, operation.RequestBody.Value.Content)
		}
		for status, response := range operation.Responses.Map() {
			media(name+" "+status, response.Value.Content)
		}
	}
	if checked < 50 {
		t.Errorf("only %d examples", checked)
	}
}

// open are the schemas that allow further fields: numbers are a part of other schemas, and
// evidence has the columns of its table.
var open = []string{"ReportNumbers", "Evidence"}

// The schemas are closed: unknown fields are refused, and answers always have all fields but
// those that say when they are there. Every field has a description and its limits.
func TestDocumentSchemasAreClosedAndDescribed(t *testing.T) {
	t.Parallel()
	document := load(t)
	objects := 0
	for name, schema := range document.spec.Components.Schemas {
		if schema.Value.Description == "" {
			t.Errorf("%s is not described", name)
		}
		if !schema.Value.Type.Is(openapi3.TypeObject) {
			continue
		}
		objects++
		if has := schema.Value.AdditionalProperties.Has; (has == nil || *has) != slices.Contains(open, name) {
			t.Errorf("%s: whether it allows fields that it doesn't name", name)
		}
		for field, property := range schema.Value.Properties {
			where := name + "." + field
			if !strings.HasSuffix(name, "Request") && !slices.Contains(schema.Value.Required, field) &&
				!strings.HasPrefix(property.Value.Description, "Only ") {
				t.Errorf("%s may be missing from an answer", where)
			}
			if property.Value.Description == "" {
				t.Errorf("%s is not described", where)
			}
			if p := property.Value; p.Type.Includes(openapi3.TypeInteger) && p.Min == nil && p.Format == "" {
				t.Errorf("%s has no limits", where)
			}
		}
	}
	if objects < 10 {
		t.Errorf("only %d objects", objects)
	}
}
