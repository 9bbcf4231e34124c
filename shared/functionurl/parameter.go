package functionurl

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"mentorpause/shared/refusal"
)

// Query returns the values of the named query parameters, in order. Empty values
// and other parameters are ignored. A value that is badly escaped, not UTF-8 or
// contains U+0000 is invalid_request, with the parameter's name in the message.
func (r *Request) Query(names ...string) (map[string][]string, error) {
	values := map[string][]string{}
	add := func(name, value string) error {
		switch {
		case !utf8.ValidString(value):
			return Invalid(name, "is not valid UTF-8")
		case strings.ContainsRune(value, 0):
			return Invalid(name, "contains the character U+0000, which can't be stored")
		case value != "":
			values[name] = append(values[name], value)
		}
		return nil
	}
	if r.event.RawQueryString == "" {
		// Lambda always sends the raw string; an event written by hand may not.
		for _, name := range names {
			for _, written := range []string{name, name + "[]"} {
				if err := add(name, r.event.QueryStringParameters[written]); err != nil {
					return nil, err
				}
			}
		}
		return values, nil
	}
	for pair := range strings.SplitSeq(r.event.RawQueryString, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		name = strings.TrimSuffix(name, "[]") // as some clients write a list
		if err != nil || !slices.Contains(names, name) {
			continue
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, Invalid(name, "is badly escaped")
		}
		if err := add(name, value); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Single returns the named query parameters, none of which may be repeated; one that is
// missing or empty is nil.
func (r *Request) Single(names ...string) (map[string]*string, error) {
	query, err := r.Query(names...)
	if err != nil {
		return nil, err
	}
	single := map[string]*string{}
	for _, name := range names {
		switch values := query[name]; len(values) {
		case 0:
		case 1:
			single[name] = &values[0]
		default:
			return nil, Invalid(name, "is given more than once")
		}
	}
	return single, nil
}

// maxLimit is the largest page that a caller may request, in rows.
const maxLimit = 200

// CheckLimit checks the size of a page, limit in the body; nil means the default.
func CheckLimit(limit *int32) error {
	if limit != nil && (*limit < 1 || *limit > maxLimit) {
		return Invalid("limit", "must be a whole number from 1 to %d", maxLimit)
	}
	return nil
}

// ParseLimit reads and checks the size of a page, limit in the query; nil means the
// default.
func ParseLimit(value *string) (*int32, error) {
	if value == nil {
		return nil, nil
	}
	limit, err := strconv.ParseInt(*value, 10, 32)
	if err != nil {
		limit = 0 // no size either
	}
	parsed := new(int32(limit))
	return parsed, CheckLimit(parsed)
}

// IdempotencyKey returns the UUID in the header idempotency-key, bare or in quotes
// (as a structured header writes a string), or a new one if the header is missing.
// Anything else, including several values, is invalid_request.
func (r *Request) IdempotencyKey() (string, error) {
	const name = "idempotency-key"
	value, present := r.lookupHeader(name)
	if !present {
		return uuid.NewString(), nil
	}
	key := strings.TrimSpace(value)
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	if !isUUID(key) {
		return "", refusal.Newf(refusal.InvalidRequest, "The header %q must be one UUID.", name).WithDetails(name)
	}
	return key, nil
}

// Language is the first language that the client prefers, as it wrote it; "" for none.
func (r *Request) Language() string {
	first, _, _ := strings.Cut(r.header("accept-language"), ",")
	tag, _, _ := strings.Cut(first, ";")
	return strings.TrimSpace(tag)
}

// OptionalUUID checks a parameter that may be missing, and contains a UUID otherwise.
func OptionalUUID(name string, values []string) (*string, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > 1 || !isUUID(values[0]) {
		return nil, Invalid(name, "must be a UUID")
	}
	return &values[0], nil
}

// RequireUUID checks a field that must be present and contain a UUID.
func RequireUUID(field string, value *string) (string, error) {
	if value == nil {
		return "", Invalid(field, "is required")
	}
	if !isUUID(*value) {
		return "", Invalid(field, "must be a UUID")
	}
	return *value, nil
}

// IsDate reports whether text is a calendar date, YYYY-MM-DD. The year 0 is not valid:
// Postgres doesn't know it.
func IsDate(text string) bool {
	day, err := time.Parse(time.DateOnly, text)
	return err == nil && day.Year() > 0
}

// isUUID reports whether text is a UUID in its usual form of 36 characters.
func isUUID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }
