package bench_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/lambda"
	"mentorpause/local/testdb"
)

// settled is the pause between the end of one process and the start of the next:
// otherwise cleaning up after one would count as the other's start.
const settled = 40 * time.Millisecond

// coldStarts compares the time from the start of a process to its first answer: hello
// world; roster without the database; and a page of the roster, through a pooler with
// open sessions, and on a new session with TLS and SCRAM.
func coldStarts(t *testing.T, _ *system, s scale, r *report) {
	o := newSystem(t, testdb.OwnCluster())
	o.fill(t, min(s.mentors, 2000))
	o.encrypt(t)
	chapter := o.people.Chapters[0]
	page := request(t, o.token(chapter.Coordinator), "GET", "", nil)

	dir := t.TempDir()
	if err := lambda.BuildPackages(t.Context(), ".", dir, "./testdata/hello"); err != nil {
		t.Fatal(err)
	}
	direct := o.database.URL("pause_api")
	pooler := testdb.StartPgBouncer(t, direct, 4)
	if _, err := invoke(t.Context(), o.start(t, "roster", 1, pooler.URL), page); err != nil { // warms it
		t.Fatal(err)
	}
	roster := func(databaseURL string) lambda.Config {
		return lambda.Config{Name: "roster", Binary: filepath.Join(binaries(t), "roster"),
			Env: []string{"SUPABASE_URL=" + o.url, "SUPABASE_JWKS=" + string(o.project.JWKS()), "SUPABASE_DB_URL=" + databaseURL, "LOG_LEVEL=error"}}
	}
	subjects := []struct {
		name   string
		bar    bar
		config lambda.Config
		event  []byte
		took   []float64 // ms, the median of each run
	}{
		{"hello world", bar{}, lambda.Config{Name: "hello", Binary: filepath.Join(dir, "hello")}, page, nil},
		{"roster without a token, no database", atMost(1.5), roster(direct), request(t, "", "GET", "", nil), nil},
		{"a page of the roster, warm pooler, keys in the environment", atMost(1.6), roster(pooler.URL), page, nil},
		{"a page of the roster, direct with TLS, keys in the environment", atMost(5), roster(strings.Replace(direct, "sslmode=disable", "sslmode=require", 1)), page, nil},
	}
	start := func(n int) float64 {
		time.Sleep(settled)
		began := time.Now()
		f, err := lambda.Start(t.Context(), subjects[n].config)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		answer, err := f.Invoke(t.Context(), subjects[n].event)
		took := milliseconds(time.Since(began))
		want := `{"statusCode":200,`
		if n == 1 {
			want = `{"statusCode":401,`
		}
		if err != nil || !strings.HasPrefix(string(answer), want) {
			t.Fatalf("%s: %.200s, %v", subjects[n].name, answer, err)
		}
		return took
	}
	for n := range subjects { // from the disk
		start(n)
	}
	for range s.runs {
		took := make([][]float64, len(subjects))
		for turn := range s.starts {
			for at := range subjects {
				n := at
				if turn%2 == 1 { // what one leaves behind slows the next one's start
					n = len(subjects) - 1 - at
				}
				took[n] = append(took[n], start(n))
			}
		}
		for n := range subjects {
			subjects[n].took = append(subjects[n].took, median(took[n]))
		}
	}
	for _, subject := range subjects[1:] {
		r.add(t, "cold start to the first answer ÷ hello world: "+subject.name, subject.bar, "",
			quotients(subject.took, subjects[0].took), "%s and %s ms", number(median(subject.took)), number(median(subjects[0].took)))
	}
}

// encrypt makes the database's server offer TLS, with a certificate that nobody
// trusts.
func (o *system) encrypt(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	admin := o.database.Connect(t, "supabase_admin")
	exec := func(sql string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%.60s: %v", sql, err)
		}
	}
	var data string
	if err := admin.QueryRow(t.Context(), "select current_setting('data_directory')").Scan(&data); err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"server.crt": {Type: "CERTIFICATE", Bytes: certificate},
		"server.key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		// Written by the server, so that it owns the files and nobody else can read them.
		exec(fmt.Sprintf("copy (select line from unnest(string_to_array('%s', E'\\n')) with ordinality l (line, n) order by n) to program 'umask 077 && cat > \"%s\"'",
			strings.TrimSpace(string(pem.EncodeToMemory(block))), filepath.Join(data, file)))
	}
	exec("alter system set ssl = on")
	exec("select pg_reload_conf()")
	encrypted := strings.Replace(o.database.URL("pause_api"), "sslmode=disable", "sslmode=require", 1)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), encrypted)
		if err == nil {
			conn.Close(t.Context())
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server offers no TLS: %v", err)
		}
	}
}
