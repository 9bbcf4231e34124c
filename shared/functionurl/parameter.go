package functionurl

import (
	"net/url"
	"slices"
	"strings"
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

// isUUID reports whether text is a UUID in its usual form of 36 characters.
func isUUID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }
