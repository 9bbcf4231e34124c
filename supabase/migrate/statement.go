package migrate

import (
	"strings"
	"unicode/utf8"
)

// A statement is one SQL statement of a file.
type statement struct {
	text  string // as written, with the comments before it and without the semicolon
	line  int    // 1-based line of the file on which text begins
	start int    // 1-based line of its first word after those comments
	words string // the first words in lower case, one space between: enough to know its kind
}

// lineAt returns the line of the file that holds the given character of the statement, counted
// from 1 as PostgreSQL counts the position of an error. Position 0 (none known) is the line on
// which the statement starts.
func (s statement) lineAt(position int) int {
	if position < 1 {
		return s.start
	}
	line := s.line
	for _, r := range s.text {
		if position--; position == 0 {
			break
		}
		if r == '\n' {
			line++
		}
	}
	return line
}

// wordsKept is how many words of a statement are looked at: `create or replace function` is four.
const wordsKept = 4

// split cuts a file at the semicolons that end a statement, as psql and the Supabase CLI do:
// not within quotes, comments, parentheses, or the `begin atomic … end` body of a function.
// Comments stay with the statement that follows them; comments after the last statement are an
// element of their own, as in the ledger rows that the CLI writes.
func split(sql string) []statement {
	s := scanner{sql: sql}
	var all []statement
	for s.pos < len(s.sql) {
		if st, ok := s.next(); ok {
			all = append(all, st)
		}
	}
	return all
}

// A scanner walks through a file, token by token.
type scanner struct {
	sql string
	pos int
}

// next reads up to and including the next semicolon that ends a statement, or to the end of the
// file. It returns false when there was nothing but space and semicolons.
func (s *scanner) next() (statement, bool) {
	var (
		begin  = s.pos
		first  = -1 // offset of the first token
		words  []string
		parens int
		bodies int // open `begin atomic` and, within one, open `case`
		last   string
	)
	end := len(s.sql)
	for s.pos < len(s.sql) {
		at := s.pos
		token := s.token()
		if token == "" { // space or comment
			continue
		}
		if token == ";" && parens == 0 && bodies == 0 {
			end = at
			break
		}
		if first < 0 {
			first = at
		}
		if len(words) < wordsKept {
			words = append(words, token)
		}
		switch {
		case token == "(":
			parens++
		case token == ")":
			parens = max(parens-1, 0)
		case last == ".":
			// A qualified name, even if it is spelled like a keyword.
		case token == "atomic" && last == "begin" && createsRoutine(words):
			bodies = 1
		case token == "case" && bodies > 0:
			bodies++
		case token == "end" && bodies > 0:
			bodies--
		}
		last = token
	}
	text := strings.TrimSpace(s.sql[begin:end])
	if text == "" {
		return statement{}, false
	}
	st := statement{
		text:  text,
		line:  s.lineOf(begin + strings.Index(s.sql[begin:end], text)),
		words: strings.Join(words, " "),
	}
	st.start = st.line
	if first >= 0 {
		st.start = s.lineOf(first)
	}
	return st, true
}

func (s *scanner) lineOf(offset int) int {
	return 1 + strings.Count(s.sql[:offset], "\n")
}

// createsRoutine says whether a statement that begins with these words may have a body of SQL.
func createsRoutine(words []string) bool {
	if len(words) >= 3 && words[1] == "or" && words[2] == "replace" {
		words = append(words[:1:1], words[3:]...)
	}
	return len(words) >= 2 && words[0] == "create" && (words[1] == "function" || words[1] == "procedure")
}

// token moves behind the next token and returns it: words in lower case, quoted things as
// their opening quote, and "" for space and comments.
func (s *scanner) token() string {
	rest := s.sql[s.pos:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		s.skipTo("\n")
		return ""
	case strings.HasPrefix(rest, "/*"):
		s.skipComment()
		return ""
	case isSpace(c):
		s.pos++
		return ""
	case c == '\'' || c == '"':
		s.pos++
		s.skipQuoted(c, false)
		return string(c)
	case (c == 'e' || c == 'E') && strings.HasPrefix(rest[1:], "'"):
		s.pos += 2
		s.skipQuoted('\'', true)
		return "'"
	case c == '$':
		if tag := dollarTag(rest); tag != "" {
			s.pos += len(tag)
			s.skipTo(tag)
			return "$"
		}
	case isWordStart(c):
		n := 1
		for n < len(rest) && isWordPart(rest[n]) {
			n++
		}
		s.pos += n
		return strings.ToLower(rest[:n])
	}
	_, size := utf8.DecodeRuneInString(rest)
	s.pos += size
	return rest[:size]
}

// skipTo moves behind the next occurrence of end, or to the end of the file.
func (s *scanner) skipTo(end string) {
	i := strings.Index(s.sql[s.pos:], end)
	if i < 0 {
		s.pos = len(s.sql)
		return
	}
	s.pos += i + len(end)
}

// skipComment moves behind a block comment; they nest.
func (s *scanner) skipComment() {
	depth := 0
	for s.pos < len(s.sql) {
		switch rest := s.sql[s.pos:]; {
		case strings.HasPrefix(rest, "/*"):
			depth++
			s.pos += 2
		case strings.HasPrefix(rest, "*/"):
			depth--
			s.pos += 2
		default:
			s.pos++
		}
		if depth == 0 {
			return
		}
	}
}

// skipQuoted moves behind the closing quote. A doubled quote is a quote; with escapes (E'…')
// so is one behind a backslash, also where the string goes on after a line break.
func (s *scanner) skipQuoted(quote byte, escapes bool) {
	for s.pos < len(s.sql) {
		c := s.sql[s.pos]
		s.pos++
		switch {
		case escapes && c == '\\':
			s.pos = min(s.pos+1, len(s.sql))
		case c == quote:
			rest := s.sql[s.pos:]
			if strings.HasPrefix(rest, string(quote)) {
				s.pos++
				continue
			}
			trimmed := strings.TrimLeft(rest, " \t\r\n\f\v")
			gap := rest[:len(rest)-len(trimmed)]
			if escapes && strings.Contains(gap, "\n") && strings.HasPrefix(trimmed, "'") {
				s.pos += len(gap) + 1
				continue
			}
			return
		}
	}
}

// dollarTag returns the opening `$tag$` at the beginning of sql, or "" (a parameter such as $1).
func dollarTag(sql string) string {
	for i := 1; i < len(sql); i++ {
		c := sql[i]
		if c == '$' {
			return sql[:i+1]
		}
		if !isWordStart(c) && (i == 1 || c < '0' || c > '9') {
			break
		}
	}
	return ""
}

func isSpace(c byte) bool { return strings.IndexByte(" \t\r\n\f\v", c) >= 0 }

func isWordStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isWordPart(c byte) bool { return isWordStart(c) || c >= '0' && c <= '9' || c == '$' }
