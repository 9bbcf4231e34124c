package memberfile_test

import (
	"bytes"
	"testing"

	"mentorpause/local/memberfile"
	"mentorpause/shared/memberlist"
)

func TestTheSameSettingsMakeTheSameFile(t *testing.T) {
	t.Parallel()
	for _, dialect := range memberfile.Dialects() {
		write := func(seed uint64) []byte {
			file, err := memberfile.Write(memberfile.Config{Rows: 50, Seed: seed, Dialect: dialect, MistakesPercent: 2, IdentityColumns: true})
			if err != nil {
				t.Fatal(err)
			}
			return file.Content
		}
		if !bytes.Equal(write(1), write(1)) {
			t.Errorf("%s: two files differ", dialect)
		}
		if bytes.Equal(write(1), write(2)) {
			t.Errorf("%s: the seed does not matter", dialect)
		}
	}
}

func TestMistakesHaveTheirShare(t *testing.T) {
	t.Parallel()
	file, err := memberfile.Write(memberfile.Config{Rows: 1_000, Dialect: memberfile.Comma, MistakesPercent: 2, IdentityColumns: true})
	if err != nil {
		t.Fatal(err)
	}
	perCode, rows := map[memberlist.Code]int{}, map[int]bool{}
	for _, m := range file.Mistakes {
		if rows[m.Row] {
			t.Errorf("row %d has two mistakes", m.Row)
		}
		rows[m.Row] = true
		perCode[m.Code]++
	}
	for _, code := range memberlist.Codes() {
		if perCode[code] != 20 {
			t.Errorf("%s: %d rows", code, perCode[code])
		}
	}
	for _, n := range file.IdentityNumbers {
		if !memberlist.HasIdentityNumber(n) {
			t.Errorf("an identity number of the file is none")
		}
	}
	if len(file.IdentityNumbers) < 1_000 {
		t.Errorf("%d identity numbers", len(file.IdentityNumbers))
	}
}
