package functionurl

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"mentorpause/shared/refusal"
)

// defaultMaxBody is the largest body, in bytes, unless the endpoint says otherwise.
const defaultMaxBody = 16 << 10

const jsonType = "application/json"

// readBody returns the body as sent. It is refused if it is larger than the endpoint
// takes (payload_too_large), or if it is encoded or not declared as what the endpoint
// takes (unsupported_media_type).
func (e Endpoint) readBody(r *Request) ([]byte, error) {
	text := r.event.Body
	if text == "" {
		return nil, nil
	}
	most := cmp.Or(e.MaxBody, defaultMaxBody)
	tooLarge := refusal.New(refusal.PayloadTooLarge).WithHint(fmt.Sprintf("A body may have at most %d KiB.", most>>10))
	body := []byte(text)
	if r.event.IsBase64Encoded {
		if base64.StdEncoding.DecodedLen(len(text)) > most+2 { // up to two bytes of padding
			return nil, tooLarge
		}
		var err error
		if body, err = base64.StdEncoding.DecodeString(text); err != nil {
			return nil, refusal.Newf(refusal.InvalidRequest, "The body is not valid base64.")
		}
	}
	if len(body) > most {
		return nil, tooLarge
	}
	if !isIdentity(r.header("content-encoding")) {
		return nil, refusal.Newf(refusal.UnsupportedMediaType, "The body must not have a content encoding.")
	}
	types := e.MediaTypes
	if types == nil {
		types = []string{jsonType}
	}
	if !slices.Contains(types, r.mediaType()) {
		return nil, refusal.Newf(refusal.UnsupportedMediaType, "The body must have content type %s.", strings.Join(types, " or "))
	}
	return body, nil
}

// mediaType is the content type in lower case, without its parameters. They are not
// held against a body: JSON is UTF-8 whatever they say, and that is checked.
func (r *Request) mediaType() string {
	mediaType, _, _ := strings.Cut(r.header("content-type"), ";")
	return strings.ToLower(strings.TrimSpace(mediaType))
}

// Body returns the body as it was sent, and its media type, one of the endpoint's; nil
// and "" when there is none.
func (r *Request) Body() (content []byte, mediaType string) {
	if len(r.body) == 0 {
		return nil, ""
	}
	return r.body, r.mediaType()
}

// isIdentity reports whether a content encoding leaves the body as it is.
func isIdentity(contentEncoding string) bool {
	encoding := strings.TrimSpace(contentEncoding)
	return encoding == "" || strings.EqualFold(encoding, "identity")
}

var (
	// errNUL is for the one JSON character that Postgres can't store. (It can't
	// store a lone surrogate either; that is refused as invalid JSON.)
	errNUL = errors.New("contains the character U+0000")

	errNull     = errors.New("null instead of a string")
	errFraction = errors.New("not a whole number of 32 bits")
	errNotAll   = errors.New("another word than all")
	errNoID     = errors.New("not a whole number from 1 on")
)

// strict adds to the rules of JSON v2, which refuses duplicate names, names in
// another case, invalid UTF-8 and lone surrogates.
var strict = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(unmarshalString),
		json.UnmarshalFromFunc(unmarshalInteger),
	)),
)

func unmarshalString(decoder *jsontext.Decoder, into *string) error {
	switch decoder.PeekKind() {
	case jsontext.KindString:
	case jsontext.KindNull: // in a list; a field that may be null is a pointer
		return errNull
	default:
		return errors.ErrUnsupported // JSON v2 then refuses it
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return err
	}
	*into = token.String()
	if strings.ContainsRune(*into, 0) {
		return errNUL
	}
	return nil
}

// unmarshalInteger accepts a whole number however it is written: 1.0 and 1e0 are
// integers in JSON Schema and therefore in docs/openapi.yaml, and a client that
// stores numbers as floating point may send them. It reads as JavaScript does.
func unmarshalInteger(decoder *jsontext.Decoder, into *int32) error {
	if decoder.PeekKind() != jsontext.KindNumber {
		return errors.ErrUnsupported // JSON v2 then refuses it
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return err
	}
	number, err := strconv.ParseFloat(token.String(), 64)
	if err != nil || number != math.Trunc(number) || number < math.MinInt32 || number > math.MaxInt32 {
		return errFraction
	}
	*into = int32(number)
	return nil
}

// Decode reads the body into a pointer to a struct, or to a map (see [Request.Fields]);
// an empty body is an empty object. Anything but an object with the struct's fields is
// invalid_request, with the field's name in the message. A null field is left as it is.
func (r *Request) Decode(into any) error {
	if len(r.body) == 0 {
		return nil
	}
	if jsontext.NewDecoder(strings.NewReader(string(r.body))).PeekKind() == jsontext.KindNull {
		return refusal.Newf(refusal.InvalidRequest, "The body must be a JSON object.")
	}
	err := json.Unmarshal(r.body, into, strict)
	if err == nil {
		return nil
	}
	// The library's own message is not passed on, because it may quote a value.
	if invalid, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		field := fieldOf(invalid.JSONPointer)
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return Invalid(field, "is given more than once")
		case invalid.JSONPointer != "":
			return Invalid(field, "is not valid JSON in UTF-8, at byte %d of the body", invalid.ByteOffset)
		default:
			return refusal.Newf(refusal.InvalidRequest, "The body is not valid JSON in UTF-8, at byte %d.", invalid.ByteOffset)
		}
	}
	if invalid, ok := errors.AsType[*json.SemanticError](err); ok {
		field := fieldOf(invalid.JSONPointer)
		switch {
		case errors.Is(err, json.ErrUnknownName):
			return Invalid(field, "is unknown")
		case errors.Is(err, errNUL):
			return Invalid(field, "contains the character U+0000, which can't be stored")
		case invalid.JSONPointer != "":
			return Invalid(field, "must be %s", wanted(invalid.GoType))
		}
	}
	return refusal.Newf(refusal.InvalidRequest, "The body must be a JSON object.")
}

// Fields reads the body's fields without looking into them, for a function whose other
// fields depend on one of them; it calls [Request.Decode] next. An empty body has none.
func (r *Request) Fields() (map[string]jsontext.Value, error) {
	var fields map[string]jsontext.Value
	err := r.Decode(&fields)
	return fields, err
}

// fieldOf names what a pointer points to: the field, or the path to a part of it,
// as in status/0; "" for the body itself.
func fieldOf(pointer jsontext.Pointer) string {
	return strings.TrimPrefix(string(pointer), "/")
}

// wanted describes the JSON that a Go type takes.
func wanted(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == nil:
		return "of another type"
	case t == reflect.TypeFor[ID]():
		return "a whole number from 1 on"
	case t == reflect.TypeFor[AllOrIDs](), t.Kind() == reflect.Float64:
		return "an array of ids, or all"
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Int32:
		return "a whole number of at most 32 bits"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Struct:
		return "an object"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return "an array of objects"
	case t.Kind() == reflect.Slice:
		return "a string or an array of strings"
	default:
		return "of another type"
	}
}

// OneOrMore is a JSON list of strings, which may also be a single string.
type OneOrMore []string

// UnmarshalJSONFrom reads either form.
func (o *OneOrMore) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	if decoder.PeekKind() != jsontext.KindString {
		return json.UnmarshalDecode(decoder, (*[]string)(o))
	}
	*o = make(OneOrMore, 1)
	return json.UnmarshalDecode(decoder, &(*o)[0])
}

// Field is a field of a body that may be given as null, which is another thing than
// not giving it.
type Field[T any] struct {
	Given bool
	Value *T // nil for null
}

// UnmarshalJSONFrom reads the value, or null.
func (f *Field[T]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	f.Given = true
	return json.UnmarshalDecode(decoder, &f.Value)
}

// AllOrIDs is a JSON list of whole numbers from 1 on, or the word all.
type AllOrIDs struct {
	All bool
	IDs []int64
}

// ID is a whole number from 1 on. As an integer elsewhere, it may be written in any way.
type ID int64

// UnmarshalJSONFrom reads it.
func (id *ID) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	if decoder.PeekKind() != jsontext.KindNumber {
		return errNoID
	}
	var number float64
	if err := json.UnmarshalDecode(decoder, &number); err != nil {
		return err
	}
	var err error
	*id, err = asID(number)
	return err
}

func asID(number float64) (ID, error) {
	if number != math.Trunc(number) || number < 1 || number > maxID {
		return 0, errNoID
	}
	return ID(number), nil
}

// maxID is the largest whole number that a client with floating point can send.
const maxID = 1<<53 - 1

// UnmarshalJSONFrom reads either form. As an integer elsewhere, a number may be written
// in any way.
func (a *AllOrIDs) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	if decoder.PeekKind() == jsontext.KindString {
		var word string
		if err := json.UnmarshalDecode(decoder, &word); err != nil {
			return err
		}
		if word != "all" {
			return errNotAll
		}
		a.All = true
		return nil
	}
	var numbers []float64
	if err := json.UnmarshalDecode(decoder, &numbers); err != nil {
		return err
	}
	a.IDs = make([]int64, len(numbers))
	for i, number := range numbers {
		id, err := asID(number)
		if err != nil {
			return err
		}
		a.IDs[i] = int64(id)
	}
	return nil
}

// Invalid is the refusal invalid_request for one field, query parameter or header,
// whose name is also in the details. The message is "The field … " and then what
// is wrong with it, given without the full stop.
func Invalid(field, format string, args ...any) *refusal.Error {
	field = shortened(field)
	return refusal.Newf(refusal.InvalidRequest, "The field %q %s.", field, fmt.Sprintf(format, args...)).WithDetails(field)
}

// shortened stops a name that the caller made up from filling the answer.
func shortened(name string) string {
	const longest = 64 // bytes
	if len(name) <= longest {
		return name
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + "…"
}
