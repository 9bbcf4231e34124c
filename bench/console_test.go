package bench_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mentorpause/local/deployment"
	"mentorpause/local/people"
)

// console measures the built console in Chromium: what it weighs, what a coordinator of a
// large chapter waits for on a thin line with a slow device, and whether anything is lost.
func console(t *testing.T, _ *system, s scale, r *report) {
	browser := os.Getenv("CHROMIUM")
	if browser == "" {
		browser = "chromium"
	}
	browser, err := exec.LookPath(browser)
	if err != nil {
		t.Fatalf("a browser is missing: install chromium, or set CHROMIUM: %v", err)
	}
	if _, err := os.Stat("../functions/console/dist/index.html"); err != nil {
		t.Fatal("the console is not built: run make build/console, as make bench does")
	}
	var sent traffic
	d := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole(), deployment.Wrap(sent.wrap))
	owner := d.Database.Connect(t, "postgres")
	var today time.Time
	if err := owner.QueryRow(t.Context(), "select private.today()").Scan(&today); err != nil {
		t.Fatal(err)
	}
	filled, err := people.Fill(t.Context(), owner, people.Config{Mentors: s.listed * 10, Seed: 1, Today: today})
	if err != nil {
		t.Fatal(err)
	}
	chapter := filled.Chapters[0]

	// Mentors on a pause, whose return dates are what is written.
	var paused [][2]string
	rows, err := owner.Query(t.Context(), `
		select m.user_id::text, split_part(p.display_name, ' ', 1) from public.chapter_memberships m
		join public.profiles p on p.id = m.user_id
		join public.pause_records r on r.mentor_id = m.user_id and r.status = 'paused'
		where m.chapter_id = $1 and m.role = 'mentor' order by m.user_id limit 4`, chapter.ID)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var one [2]string
		if err := rows.Scan(&one[0], &one[1]); err != nil {
			t.Fatal(err)
		}
		paused = append(paused, one)
	}
	if rows.Err() != nil || len(paused) == 0 {
		t.Fatalf("nobody is on a pause: %v", rows.Err())
	}
	ids := make([]string, len(paused))
	for n, one := range paused {
		ids[n] = one[0]
	}
	d.Handle("/test/written", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		if err := owner.QueryRow(r.Context(), "select count(*) from public.pause_status_log l where l.mentor_id = any ($1::text[]::uuid[])", ids).Scan(&n); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, n)
	}))
	d.Handle("/test/bytes", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, sent.bytes.Load()) }))

	post := func(path string, body map[string]any, key string) []byte {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/auth/v1"+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("content-type", "application/json")
		request.Header.Set("apikey", key)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var content bytes.Buffer
		if _, err := content.ReadFrom(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s, %v", path, answer.StatusCode, &content, err)
		}
		return content.Bytes()
	}
	signIn := func(id, email string) json.RawMessage {
		t.Helper()
		post("/admin/users", map[string]any{"id": id, "email": email, "email_confirm": true}, d.Project.SecretKey)
		post("/otp", map[string]any{"email": email, "create_user": false}, "sb_publishable_x")
		return post("/verify", map[string]any{"type": "email", "email": email, "token": d.Users.Code(email)}, "sb_publishable_x")
	}
	var administrator string
	if err := owner.QueryRow(t.Context(), `
		with named as (insert into public.profiles (id, display_name, locale) values (gen_random_uuid(), 'Astrid Nygård', 'nb') returning id)
		insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
		select $1, id, 'administrator', '2020-01-01' from named returning user_id::text`, chapter.ID).Scan(&administrator); err != nil {
		t.Fatal(err)
	}

	given, err := json.Marshal(map[string]any{
		"url": d.URL, "browser": browser, "session": signIn(chapter.Coordinator.String(), "coordinator@example.org"),
		"administrator": signIn(administrator, "administrator@example.org"), "paused": paused, "writes": s.writes, "listed": chapter.Mentors, "imported": s.largestImport,
		"thin": thinLine(t, strings.TrimPrefix(d.URL, "http://")),
	})
	if err != nil {
		t.Fatal(err)
	}
	script := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "console.mjs"))
	script.Env = append(os.Environ(), "GIVEN="+string(given))
	script.Stderr = os.Stderr
	output, err := script.Output()
	if err != nil {
		t.Fatalf("the console in a browser: %v\n%s\n%s", err, output, d.Log)
	}
	var found struct {
		JS, CSS, Fonts         struct{ Gzip, Brotli float64 }
		First, Second, Offline float64 // s
		LongestTask            float64 // ms
		Frames, Quick          float64
		Import                 struct{ Readable, LongestTask float64 }
		Day                    float64 // bytes
		Sent, Lost, Doubled    float64
		Refused, Before, After float64
		Files, Renderer, Seed  string
		Shown                  float64
	}
	if err := json.Unmarshal(output, &found); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	one := func(name string, b bar, unit string, value float64, detail string, args ...any) {
		t.Helper()
		r.add(t, "console: "+name, b, unit, []float64{value}, detail, args...)
	}
	const kB = 1000
	one("JavaScript to the first roster, gzip", atMost(170), "KB", found.JS.Gzip/kB, "%s", found.Files)
	one("JavaScript to the first roster, brotli", atMost(150), "KB", found.JS.Brotli/kB, "as browsers are sent it")
	one("CSS, gzip", atMost(40), "KB", found.CSS.Gzip/kB, "%.1f KB brotli", found.CSS.Brotli/kB)
	one("fonts", atMost(60), "KB", found.Fonts.Gzip/kB, "compressed in themselves")
	const line = "400 kbit/s, 400 ms, CPU ÷ 4"
	one("first visit until the roster is readable", atMost(8), "s", found.First, line)
	one("second visit", atMost(2), "s", found.Second, line)
	one("a visit offline", atMost(1.5), "s", found.Offline, "CPU ÷ 4")
	one("longest task while typing a search", atMost(200), "ms", found.LongestTask, "CPU ÷ 4; tasks below 50 ms count as 50")
	one("frames of at most 50 ms while scrolling", atLeast(98), "%", 100*found.Quick/found.Frames, "%.0f mentors, %.0f frames", found.Shown, found.Frames)
	one("import's preview of 20,000 rows: readable", atMost(3), "s", found.Import.Readable, "after the answer; CPU ÷ 4")
	one("import's preview of 20,000 rows: longest task", atMost(200), "ms", found.Import.LongestTask,
		"from the answer until all rows have been scrolled through; CPU ÷ 4; tasks below 50 ms count as 50")
	one("a day: opened ten times, nothing changed", atMost(30), "KB", found.Day/kB, "answers of console and functions with their headers")
	one("writes with random cuts that arrived once", atLeast(float64(s.writes)), "", found.Sent-found.Doubled,
		"%.0f lost, %.0f doubled, %.0f refused; cut %.0f times before and %.0f times after the server had acted; seed %s",
		found.Lost, found.Doubled, found.Refused, found.Before, found.After, found.Seed)
}

// traffic counts what browsers are sent by the console and the functions, sign-in and
// preflights apart.
type traffic struct{ bytes atomic.Int64 }

func (c *traffic) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/auth/") || strings.HasPrefix(r.URL.Path, "/test/") || r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		counting := &counter{ResponseWriter: w}
		next.ServeHTTP(counting, r)
		size := int64(len("HTTP/1.1 304 Not Modified\r\n\r\n") + len("Date: Mon, 30 Nov 2026 12:00:00 GMT\r\n"))
		for name, values := range w.Header() {
			for _, value := range values {
				size += int64(len(name) + len(": \r\n") + len(value))
			}
		}
		c.bytes.Add(size + counting.size)
	})
}

type counter struct {
	http.ResponseWriter
	size int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.size += int64(n)
	return n, err
}

const (
	thinRate = 50_000                 // bytes/s: 400 kbit/s
	oneWay   = 200 * time.Millisecond // half of a round trip
)

// thinLine is the address of a proxy in front of a server, whose connections share a line of
// 400 kbit/s each way with a round trip of 400 ms; a connection costs one to make. A browser's
// own throttling leaves service workers alone.
func thinLine(t *testing.T, server string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var up, down link
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				time.Sleep(2 * oneWay)
				to, err := net.Dial("tcp", server)
				if err != nil {
					from.Close()
					return
				}
				go down.carry(from, to)
				up.carry(to, from)
			}()
		}
	}()
	return listener.Addr().String()
}

// link is one direction of a line.
type link struct {
	mu   sync.Mutex
	free time.Time // when what was sent before is through
}

// carry copies until the end, each piece as late as the line has it.
func (l *link) carry(to, from net.Conn) {
	type piece struct {
		at   time.Time
		data []byte
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 1400)
			n, err := from.Read(buffer)
			if n > 0 {
				l.mu.Lock()
				if now := time.Now(); l.free.Before(now) {
					l.free = now
				}
				l.free = l.free.Add(time.Duration(n) * time.Second / thinRate)
				through := l.free
				l.mu.Unlock()
				pieces <- piece{through.Add(oneWay), buffer[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.at))
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	for range pieces { // so that the reader ends
	}
}
