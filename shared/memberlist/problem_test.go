package memberlist

import (
	"slices"
	"strings"
	"testing"
)

// Every code has a text in each language, and no text lacks its code.
func TestTexts(t *testing.T) {
	t.Parallel()
	check := func(all map[Code]texts, codes []Code) {
		if len(all) != len(codes) {
			t.Errorf("%d texts for %d codes", len(all), len(codes))
		}
		for _, code := range codes {
			written := all[code]
			for l, text := range written {
				if !strings.HasSuffix(text, ".") || strings.Count(text, "%d") != strings.Count(written[0], "%d") {
					t.Errorf("%s in language %d: %q", code, l, text)
				}
			}
			// Some sentences are the same in both.
			if code != StartMissing && written[bokmaal] == written[nynorsk] || written[bokmaal] == written[english] {
				t.Errorf("%s says the same in two languages", code)
			}
		}
	}
	check(problems, Codes())
	check(refusals, FileCodes())
	check(judged, JudgedCodes())
	if all := slices.Concat(Codes(), FileCodes(), JudgedCodes()); len(all) != len(slices.Compact(slices.Sorted(slices.Values(all)))) {
		t.Error("a code is listed twice")
	}
}

// Each usual header means one field, and the fields' own names mean themselves.
func TestHeadersMeanOneField(t *testing.T) {
	t.Parallel()
	for field, names := range headers {
		for _, name := range names {
			if m, ok := understand(name); !ok || m.field != field {
				t.Errorf("%s is %s, not %s", name, m.field, field)
			}
		}
	}
	for _, field := range Fields() {
		if m, ok := understand(string(field)); !ok || m.field != field {
			t.Errorf("%s is %s", field, m.field)
		}
	}
}
