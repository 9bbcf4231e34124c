package main

import (
	"bytes"
	"testing"

	"mentorpause/local/endpoint"
	"mentorpause/local/memberfile"
)

// FuzzImport sends files, some of which are of no kind at all. No answer is a fault of ours, and
// what a dry run showed is carried out as shown, and changes nothing a second time.
func FuzzImport(f *testing.F) {
	for _, dialect := range memberfile.Dialects() {
		f.Add(generated(f, memberfile.Config{Rows: 10, Seed: 3, Dialect: dialect, MistakesPercent: 1, IdentityColumns: true}).Content, "source=fuzz")
	}
	f.Add([]byte("Navn;Lokallag;Startdato;Sluttdato\nAnne Ny;Oslo;01.01.1900;31.12.9998\nAnne Ny;Oslo;;\n"), "")
	f.Add([]byte("Medlemsnr,E-post,Kurs,Kursdato\n1,,basic,9999-12-31\n1,a@b.no,basic,1900-01-01\n"), "source=x")
	f.Add([]byte("x\tdisplay_name\n1\t\u200b\n"), `mapping={"x":"phone"}`)
	f.Add([]byte("Navn;Koordinator;Rolle\nA;A;koordinator\nB;A;\n"), "chapter_id="+endpoint.Oslo)
	f.Add([]byte("PK\x03\x04"), "preview=x")
	z := endpoint.NewFuzz(f, newEndpoint)
	exec(f, z.Bundle, staff)
	// Files are nothing without the chapters and kinds that they name.
	exec(f, z.Bundle, `insert into public.chapters (name) values ('Bærum'), ('Ålesund'), ('Tromsø');
		insert into public.certification_kinds (code) values ('Oppfølgingskurs')`)
	f.Fuzz(func(t *testing.T, file []byte, query string) {
		event := post(z.Bundle, office, query, file)
		if bytes.HasPrefix(file, []byte("PK")) && len(file)%2 == 0 {
			event.Headers["content-type"] = csvType // what is in it decides
		}
		response, code := z.Answer(t, event)
		if code != "" {
			return
		}
		dry := want(t, response)
		response, code = z.Answer(t, post(z.Bundle, office, query+"&preview="+dry.Preview, file))
		if code != "" {
			t.Fatalf("the preview is refused with %s", response.Body)
		}
		if !dry.DryRun {
			return // the query has a preview of its own
		}
		done := want(t, response)
		if done.Counts != dry.Counts {
			t.Errorf("shown %+v, done %+v", dry.Counts, done.Counts)
		}
		again := want(t, z.Invoke(t, post(z.Bundle, office, query, file)))
		if again.Counts.New+again.Counts.Changed != 0 {
			t.Errorf("again: %+v", again.Counts)
		}
	})
}
