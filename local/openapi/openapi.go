// Package openapi compares what the functions do with docs/openapi.yaml, for tests.
// The document is complete: a status, an error code, a header or a field that it
// doesn't name is an error, and so is a missing one that it requires.
package openapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"mentorpause/docs"
)

// Document is a valid OpenAPI document.
type Document struct {
	spec *openapi3.T

	// compiled are the schemas of responses and their headers. The OpenAPI
	// library compiles a schema whenever it looks at a value, some 8 ms in all
	// for an exchange, which would leave a fuzzer next to nothing.
	compiled map[*openapi3.Schema]*jsonschema.Schema
}

// Load reads docs/openapi.yaml, once, except for its examples: they are three quarters of the
// work, which each package's tests would do again. The tests of this package [Parse] them.
var Load = sync.OnceValues(func() (*Document, error) {
	return parse(docs.OpenAPI, openapi3.DisableExamplesValidation())
})

// Parse reads a document and checks it against the specification of OpenAPI.
func Parse(text []byte) (*Document, error) { return parse(text) }

func parse(text []byte, options ...openapi3.ValidationOption) (*Document, error) {
	spec, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	if err := spec.Validate(context.Background(), options...); err != nil {
		return nil, fmt.Errorf("the OpenAPI document is not valid: %w", err)
	}
	compiled, err := compile(text, spec)
	if err != nil {
		return nil, fmt.Errorf("the schemas of the OpenAPI document: %w", err)
	}
	return &Document{spec, compiled}, nil
}

// compile compiles the schemas of all responses, formats included.
func compile(text []byte, spec *openapi3.T) (map[*openapi3.Schema]*jsonschema.Schema, error) {
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return nil, err
	}
	const url = "file:///openapi.json"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.RegisterFormat(&jsonschema.Format{Name: "int32", Validate: validateInt32})
	if err := compiler.AddResource(url, root); err != nil {
		return nil, err
	}

	compiled := map[*openapi3.Schema]*jsonschema.Schema{}
	var errs []error
	add := func(schema *openapi3.Schema, pointer string) {
		var err error
		if compiled[schema], err = compiler.Compile(url + pointer); err != nil {
			errs = append(errs, err)
		}
	}
	// where is what a reference points to, or the place itself.
	where := func(ref, place string) string {
		if ref != "" {
			return ref
		}
		return place
	}
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			for status, response := range operation.Responses.Map() {
				place := where(response.Ref, "#/paths/~1"+strings.TrimPrefix(path, "/")+"/"+strings.ToLower(method)+"/responses/"+status)
				for name, header := range response.Value.Headers {
					add(header.Value.Schema.Value, where(header.Ref, place+"/headers/"+name)+"/schema")
				}
				if media := response.Value.Content[mediaType]; media != nil {
					add(media.Schema.Value, place+"/content/"+strings.ReplaceAll(mediaType, "/", "~1")+"/schema")
				}
			}
		}
	}
	return compiled, errors.Join(errs...)
}

func validateInt32(value any) error {
	if number, ok := value.(float64); ok && (number < math.MinInt32 || number > math.MaxInt32) {
		return errors.New("more than 32 bits")
	}
	return nil
}

// uuidFormat is what a function takes and what Postgres writes; JSON Schema
// means no more by the word, where the library's own formats look at the
// version too.
const uuidFormat = `^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`

// rules are those by which the library looks at requests: of JSON Schema
// 2020-12, formats included.
func rules() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{
		openapi3.EnableJSONSchema2020(),
		openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(uuidFormat)),
	}
}

func init() {
	// A file is looked at by its function alone.
	for _, file := range []string{"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} {
		openapi3filter.RegisterBodyDecoder(file, openapi3filter.FileBodyDecoder)
	}
}

// Functions are those that the document has, sorted.
func (d *Document) Functions() []string {
	var names []string
	for path := range d.spec.Paths.Map() {
		names = append(names, strings.TrimPrefix(path, "/"))
	}
	slices.Sort(names)
	return names
}

// Methods are those of a function, sorted, without the OPTIONS of its preflight.
func (d *Document) Methods(function string) []string {
	methods := slices.Sorted(maps.Keys(d.operations(function)))
	return slices.DeleteFunc(methods, func(method string) bool { return method == http.MethodOptions })
}

// Answer is one documented kind of response of one operation.
type Answer struct {
	Operation string // its operationId
	Status    int
	Code      string // of a refusal; "" of any other response
}

func (a Answer) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %d %s", a.Operation, a.Status, a.Code))
}

// Answers lists everything that a function may answer, in order.
func (d *Document) Answers(function string) []Answer {
	var answers []Answer
	for _, operation := range d.operations(function) {
		for status, response := range operation.Responses.Map() {
			number, _ := strconv.Atoi(status) // a word would be an undocumented status 0
			for _, code := range codesOf(response.Value) {
				answers = append(answers, Answer{operation.OperationID, number, code})
			}
		}
	}
	slices.SortFunc(answers, func(a, b Answer) int { return strings.Compare(a.String(), b.String()) })
	return answers
}

func (d *Document) operations(function string) map[string]*openapi3.Operation {
	path := d.spec.Paths.Value("/" + function)
	if path == nil {
		return nil
	}
	return path.Operations()
}

// codesOf are the error codes that a response may carry: those of its schema's
// part that narrows the code. One that is no refusal has the one code "".
func codesOf(response *openapi3.Response) []string {
	var codes []string
	if media := response.Content[mediaType]; media != nil {
		for _, part := range media.Schema.Value.AllOf {
			if code := part.Value.Properties["code"]; part.Ref == "" && code != nil {
				for _, value := range code.Value.Enum {
					codes = append(codes, fmt.Sprint(value))
				}
			}
		}
	}
	if codes == nil {
		return []string{""}
	}
	return codes
}

const mediaType = "application/json"

// operation finds what a request asks for. A method that the document doesn't
// name belongs to POST, or else to GET, which documents the answer to it; documented
// is false then.
func (d *Document) operation(function, method string) (operation *openapi3.Operation, documented bool, err error) {
	operations := d.operations(function)
	if operation, documented = operations[method]; documented {
		return operation, true, nil
	}
	for _, other := range []string{http.MethodPost, http.MethodGet} {
		if operation = operations[other]; operation != nil {
			return operation, false, nil
		}
	}
	return nil, false, fmt.Errorf("the document has no function %q with a method POST or GET", function)
}

// Request reports what is wrong with a request by the document; nil for a valid
// one. Unknown headers and query parameters are nothing wrong, and the token is
// not looked at.
func (d *Document) Request(function string, event events.LambdaFunctionURLRequest) error {
	method := event.RequestContext.HTTP.Method
	operation, documented, err := d.operation(function, method)
	if err != nil {
		return err
	}
	if !documented {
		return fmt.Errorf("%s has no method %s", function, method)
	}
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return fmt.Errorf("body: %w", err)
		}
	}
	// The one limit that OpenAPI has no words for; the document gives it in its own.
	if most := maxBytes(operation); len(body) > most {
		return fmt.Errorf("the body is larger than %d bytes", most)
	}
	request, err := http.NewRequest(method, "/"+function+"?"+event.RawQueryString, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	return openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: request,
		Route:   &routers.Route{Spec: d.spec, PathItem: d.spec.Paths.Value("/" + function), Method: method, Operation: operation},
		Options: &openapi3filter.Options{
			AuthenticationFunc:      openapi3filter.NoopAuthenticationFunc,
			SkipSettingDefaults:     true,
			SchemaValidationOptions: rules(),
		},
	})
}

// maxBytes is the largest body that an operation takes: the extension x-max-bytes of
// its request body, or what the document's introduction says of all.
func maxBytes(operation *openapi3.Operation) int {
	if operation.RequestBody != nil {
		if most, ok := operation.RequestBody.Value.Extensions["x-max-bytes"].(float64); ok {
			return int(most)
		}
	}
	return 16 << 10
}

// Response reports how an answer to a request departs from the document, and
// which of the documented answers it is. A compressed body is decoded.
func (d *Document) Response(function, method string, response events.LambdaFunctionURLResponse) (Answer, error) {
	operation, documented, err := d.operation(function, method)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{operation.OperationID, response.StatusCode, ""}
	described := operation.Responses.Status(response.StatusCode)
	switch {
	case described == nil:
		return answer, fmt.Errorf("the document has no status %d for %s", response.StatusCode, operation.OperationID)
	case documented == (response.StatusCode == http.StatusMethodNotAllowed):
		return answer, fmt.Errorf("status %d for the method %s", response.StatusCode, method)
	case len(response.Cookies) > 0:
		return answer, fmt.Errorf("the document has no cookies, the response %q", response.Cookies)
	}
	if err := d.checkHeaders(described.Value, response.Headers); err != nil {
		return answer, fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	body, err := plainBody(response)
	if err != nil {
		return answer, err
	}
	if sent, _, _ := strings.Cut(response.Headers["content-type"], ";"); sent != mediaType && described.Value.Content[sent] != nil {
		if len(body) == 0 {
			return answer, fmt.Errorf("status %d has no body", response.StatusCode)
		}
		return answer, nil // a file
	}
	media := described.Value.Content[mediaType]
	if media == nil {
		if len(body) > 0 {
			return answer, fmt.Errorf("status %d has a body: %s", response.StatusCode, body)
		}
		return answer, nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return answer, fmt.Errorf("body %q: %w", body, err)
	}
	if err := d.compiled[media.Schema.Value].Validate(value); err != nil {
		return answer, fmt.Errorf("body of status %d: %w", response.StatusCode, err)
	}
	if refused, _ := value.(map[string]any); response.StatusCode >= 400 {
		answer.Code = fmt.Sprint(refused["code"])
		if header := response.Headers["sb-error-code"]; header != answer.Code {
			return answer, fmt.Errorf("sb-error-code is %q, the body's code %q", header, answer.Code)
		}
	}
	return answer, nil
}

// checkHeaders holds headers, whose names are in lower case, against the
// response's description. The content type, which OpenAPI keeps out of the
// headers, must be the one that is described.
func (d *Document) checkHeaders(response *openapi3.Response, sent map[string]string) error {
	sentType, _, _ := strings.Cut(sent["content-type"], ";")
	if response.Content[sentType] == nil && (len(response.Content) > 0 || sentType != "") {
		return fmt.Errorf("content type %q", sent["content-type"])
	}
	for name := range sent {
		if response.Headers[name] == nil && name != "content-type" {
			return fmt.Errorf("the document has no header %q", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(response.Headers)) {
		header := response.Headers[name].Value
		text, present := sent[name]
		if !present {
			if header.Required {
				return fmt.Errorf("the header %q is missing", name)
			}
			continue
		}
		var value any = text
		if header.Schema.Value.Type.Is(openapi3.TypeInteger) {
			number, err := strconv.Atoi(text)
			if err != nil {
				return fmt.Errorf("header %q: %w", name, err)
			}
			value = float64(number)
		}
		if err := d.compiled[header.Schema.Value].Validate(value); err != nil {
			return fmt.Errorf("header %q: %w", name, err)
		}
	}
	return nil
}

// plainBody is a response's body as the client reads it.
func plainBody(response events.LambdaFunctionURLResponse) ([]byte, error) {
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
	}
	if response.Headers["content-encoding"] != "gzip" {
		return body, nil
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("compressed body: %w", err)
	}
	return io.ReadAll(unzipped)
}
