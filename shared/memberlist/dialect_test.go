package memberlist_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"mentorpause/local/memberfile"
	"mentorpause/shared/memberlist"
)

var update = flag.Bool("update", false, "rewrite the golden answers")

func write(t testing.TB, c memberfile.Config) memberfile.File {
	t.Helper()
	file, err := memberfile.Write(c)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t testing.TB, file []byte, o memberlist.Options) *memberlist.List {
	t.Helper()
	list, err := memberlist.Read(file, o)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// languages has one for each dialect, so that each is used.
func language(d memberfile.Dialect) string {
	return []string{"nb", "nn", "en"}[slices.Index(memberfile.Dialects(), d)%3]
}

// TestDialects compares what is read from ten rows with testdata/<dialect>.json, which
// begins with the mistakes that were made.
func TestDialects(t *testing.T) {
	t.Parallel()
	for _, dialect := range memberfile.Dialects() {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			file := write(t, memberfile.Config{Rows: 10, Seed: 7, Dialect: dialect, MistakesPercent: 1})
			list := read(t, file.Content, memberlist.Options{Language: language(dialect)})
			got, err := json.MarshalIndent(struct {
				Mistakes []memberfile.Mistake `json:"mistakes"`
				*memberlist.List
			}{file.Mistakes, list}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", string(dialect)+".json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if difference := gocmp.Diff(strings.TrimSpace(string(want)), string(got)); difference != "" {
				t.Errorf("(-want +got)\n%s", difference)
			}
		})
	}
}

// Every dialect says the same, whatever its encoding, separators, headers and dates.
func TestDialectsAgree(t *testing.T) {
	t.Parallel()
	var want []memberlist.Row
	for _, dialect := range memberfile.Dialects() {
		file := write(t, memberfile.Config{Rows: 200, Seed: 3, Dialect: dialect})
		got := read(t, file.Content, memberlist.Options{}).Rows
		for i := range got {
			got[i].Number -= file.FirstRow
			got[i].Person -= file.FirstRow
		}
		if want == nil {
			want = got
		}
		if difference := gocmp.Diff(want, got); difference != "" {
			t.Errorf("%s (-first dialect +this one)\n%s", dialect, difference)
		}
	}
}

// large are the dialects of which the largest files are tried; that is slow with the
// race detector.
var large = []memberfile.Dialect{memberfile.ExcelCSV, memberfile.Titled, memberfile.XLSX}

// Of a thousand and of twenty thousand rows with every kind of mistake, exactly the
// mistakes are found, each in its row; no national identity number comes out; and the
// largest lists keep within their memory. So it runs alone: tests in parallel begin
// after it.
func TestMistakesAreFound(t *testing.T) {
	for _, dialect := range memberfile.Dialects() {
		for _, rows := range []int{1_000, 20_000} {
			if rows == 20_000 && !slices.Contains(large, dialect) {
				continue
			}
			t.Run(fmt.Sprint(dialect, " ", rows), func(t *testing.T) {
				file := write(t, memberfile.Config{
					Rows: rows, Seed: 11, Dialect: dialect, MistakesPercent: 1, IdentityColumns: rows == 1_000,
				})
				var list *memberlist.List
				used := peak(func() { list = read(t, file.Content, memberlist.Options{Language: language(dialect)}) })
				if used > mostMemory {
					t.Errorf("%d MiB, at most %d", used>>20, mostMemory>>20)
				}
				if len(list.Rows) != rows {
					t.Errorf("%d rows were read", len(list.Rows))
				}
				var got []memberfile.Mistake
				perCode := map[memberlist.Code]int{}
				for _, row := range list.Rows {
					for _, p := range row.Problems {
						got = append(got, memberfile.Mistake{Row: row.Number, Code: p.Code})
						perCode[p.Code]++
					}
				}
				if len(got) < rows/10 {
					t.Errorf("only %d problems", len(got))
				}
				order := func(a, b memberfile.Mistake) int {
					return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Code, b.Code))
				}
				slices.SortFunc(got, order)
				want := slices.SortedFunc(slices.Values(file.Mistakes), order)
				if difference := gocmp.Diff(want, got); difference != "" {
					t.Errorf("(-made +found)\n%s", difference)
				}
				for _, code := range memberlist.Codes() {
					if perCode[code] != rows/100 {
						t.Errorf("%s: %d rows, want one in a hundred", code, perCode[code])
					}
				}
				if rows == 1_000 {
					wantNoIdentityNumbers(t, file, list)
				}
			})
		}
	}
}

// wantNoIdentityNumbers looks for every number of the file in everything that is
// answered, also in pieces.
func wantNoIdentityNumbers(t *testing.T, file memberfile.File, list *memberlist.List) {
	t.Helper()
	answer, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if memberlist.HasIdentityNumber(string(answer)) {
		t.Error("the answer has an identity number")
	}
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '.' || r == '-' {
			return -1
		}
		return r
	}, string(answer))
	if len(file.IdentityNumbers) == 0 {
		t.Fatal("the file has none")
	}
	for _, n := range file.IdentityNumbers {
		if strings.Contains(digits, n) || strings.Contains(digits, n[1:]) {
			t.Fatal("an identity number of the file is in the answer")
		}
	}
}
