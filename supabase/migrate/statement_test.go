package migrate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sql  string
		want []string
	}{
		"nothing":                      {"", nil},
		"space and empty statements":   {" ;\n;;\t", nil},
		"no semicolon at the end":      {"select 1", []string{"select 1"}},
		"two on a line":                {"select 1; select 2;", []string{"select 1", "select 2"}},
		"doubled quote":                {"select 'a;''b;'; select 2", []string{"select 'a;''b;'", "select 2"}},
		"backslash ends a string":      {`select '\'; select 2`, []string{`select '\'`, "select 2"}},
		"backslash in an E string":     {`select E'\';'; select e'\\'; select 3`, []string{`select E'\';'`, `select e'\\'`, "select 3"}},
		"E string goes on":             {"select E'a'\n  '\\';'; select 2", []string{"select E'a'\n  '\\';'", "select 2"}},
		"word that ends in e":          {`select date'\'; select 2`, []string{`select date'\'`, "select 2"}},
		"quoted identifier":            {`select 1 as "a;""b;'"; select 2`, []string{`select 1 as "a;""b;'"`, "select 2"}},
		"dollar quote":                 {"do $$ ; ' $$; select 2", []string{"do $$ ; ' $$", "select 2"}},
		"tagged dollar quote":          {"do $a1$ ; $$ ; $a$ $a1$; select 2", []string{"do $a1$ ; $$ ; $a$ $a1$", "select 2"}},
		"letters beyond ASCII in tags": {"select $æ$;$æ$, ø$å$ from t; select 2", []string{"select $æ$;$æ$, ø$å$ from t", "select 2"}},
		"dollar in an identifier":      {"select a$b$c; select d$b$e", []string{"select a$b$c", "select d$b$e"}},
		"parameters are no quotes":     {"select $1; select $1$", []string{"select $1", "select $1$"}},
		"line comment":                 {"select 1 -- a; 'b\n; select 2", []string{"select 1 -- a; 'b", "select 2"}},
		"nested block comments":        {"select /* ; /* ' */ ; */ 1; select 2", []string{"select /* ; /* ' */ ; */ 1", "select 2"}},
		"operators like comments":      {"select 1 - -1, 4 / 2 * 3; select 2", []string{"select 1 - -1, 4 / 2 * 3", "select 2"}},
		"comment before a statement":   {"-- why;\nselect 1;\n/* more; */ select 2", []string{"-- why;\nselect 1", "/* more; */ select 2"}},
		"comment behind the last":      {"select 1;\n-- the end;\n", []string{"select 1", "-- the end;"}},
		"parentheses":                  {"create rule r as on insert to t do (select 1; select 2); select 3", []string{"create rule r as on insert to t do (select 1; select 2)", "select 3"}},
		"too many parentheses":         {"select 1); select 2", []string{"select 1)", "select 2"}},
		"SQL body": {
			"create or replace function f() returns int begin atomic select 1; select case when true then 2 else 3 end; select t.end from t; end; select 4",
			[]string{"create or replace function f() returns int begin atomic select 1; select case when true then 2 else 3 end; select t.end from t; end", "select 4"}},
		"SQL body of a procedure": {
			"CREATE PROCEDURE p() BEGIN /* ; */ ATOMIC insert into pending values (1); END; select 2",
			[]string{"CREATE PROCEDURE p() BEGIN /* ; */ ATOMIC insert into pending values (1); END", "select 2"}},
		"empty SQL body":                {"create function f() returns void begin atomic end; select 2", []string{"create function f() returns void begin atomic end", "select 2"}},
		"atomic elsewhere":              {"select 1 as begin, atomic; select 2", []string{"select 1 as begin, atomic", "select 2"}},
		"unfinished quote":              {"select 1; select 'a; b", []string{"select 1", "select 'a; b"}},
		"unfinished dollar quote":       {"do $x$ a; b", []string{"do $x$ a; b"}},
		"unfinished comment":            {"select 1 /* a; b", []string{"select 1 /* a; b"}},
		"unfinished escape":             {`select E'\`, []string{`select E'\`}},
		"bytes that are no characters":  {"select \xff; select 2", []string{"select \xff", "select 2"}},
		"line ends of Windows":          {"select 1;\r\nselect 2;\r\n", []string{"select 1", "select 2"}},
		"vertical space between tokens": {"select\f1;\v select 2", []string{"select\f1", "select 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, st := range split(test.sql) {
				got = append(got, st.text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("statements (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever whole statements a file is made of, they are what it is split into, at their lines.
func TestSplitFindsEveryStatementOfAFile(t *testing.T) {
	t.Parallel()
	statements := []string{
		"select 1",
		"select ';', E'\\';', date'2026-01-01', \"a;b\", U&'\\0061;'",
		"-- one;\nselect 2",
		"/* two; /* three; */\n*/ select 3",
		"do $$ begin perform 1; end $$",
		"create function f() returns int language plpgsql as $fn$\nbegin\n  return 1; -- it's $$\nend $fn$",
		"create or replace procedure p()\nbegin atomic\n  select case when true then 1 end;\nend",
		"create rule r as on insert to t do also (select 1;\nselect 2)",
		"select E'a'\n'\\';'",
		"comment on table t is 'blåbær;''s'",
	}
	between := []string{";", ";\n", " ;\n\n", ";;", ";\r\n\t"}
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOf(rapid.SampledFrom(statements)).Draw(t, "statements")
		var file strings.Builder
		var want []statement
		for _, text := range chosen {
			want = append(want, statement{text: text, line: 1 + strings.Count(file.String(), "\n")})
			file.WriteString(text)
			file.WriteString(rapid.SampledFrom(between).Draw(t, "between"))
		}
		var got []statement
		for _, st := range split(file.String()) {
			got = append(got, statement{text: st.text, line: st.line})
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(statement{})); diff != "" {
			t.Errorf("statements of %q (-want +got):\n%s", file.String(), diff)
		}
	})
}

// No input makes the scanner stop, crash, or lose text.
func TestSplitLosesNothing(t *testing.T) {
	t.Parallel()
	pieces := []string{"'", "\"", "$$", "$a$", "$", "--", "/*", "*/", "\\", "E'", ";", "(", ")", "\n", " ",
		"begin", "atomic", "end", "case", "create function", "æ", "\xc3", "1", "x"}
	rapid.Check(t, func(t *rapid.T) {
		sql := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "pieces"), "")
		rest := sql
		for _, st := range split(sql) {
			before, after, found := strings.Cut(rest, st.text)
			if !found || strings.Trim(before, "; \n") != "" {
				t.Fatalf("%q: statement %q is not next in %q", sql, st.text, rest)
			}
			rest = after
		}
		if strings.Trim(rest, "; \n") != "" {
			t.Fatalf("%q: lost %q", sql, rest)
		}
	})
}

func TestLineAt(t *testing.T) {
	t.Parallel()
	all := split("-- a comment\n\nselect 1;\n\n-- blåbær\n/* more */\nselect\n  'æøå',\n  nope;")
	if len(all) != 2 {
		t.Fatalf("%d statements, want 2", len(all))
	}
	first, second := all[0], all[1]
	position := func(word string) int {
		before, _, found := strings.Cut(second.text, word)
		if !found {
			t.Fatalf("no %q in %q", word, second.text)
		}
		return 1 + len([]rune(before))
	}
	for name, test := range map[string]struct {
		statement statement
		position  int
		want      int
	}{
		"no position: the first word, not the comment": {first, 0, 3},
		"no position, second statement":                {second, 0, 7},
		"in the comment":                               {second, position("bær"), 5},
		"first word":                                   {second, position("select"), 7},
		"behind letters beyond ASCII":                  {second, position("nope"), 9},
		"behind the end":                               {second, 1000, 9},
	} {
		if got := test.statement.lineAt(test.position); got != test.want {
			t.Errorf("%s: line %d, want %d", name, got, test.want)
		}
	}
	if got := split("\n\n-- only a comment")[0].lineAt(0); got != 3 {
		t.Errorf("comment alone: line %d, want 3", got)
	}
}
