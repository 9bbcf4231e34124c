package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	netmail "net/mail"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"mentorpause/local/mailserver"
	"mentorpause/shared/database"
	"mentorpause/shared/mail"
)

// runAsVictim is the program of a process that a test starts and kills: one start
// of the function, at the fixed time $VICTIM_NOW.
func runAsVictim() bool {
	if os.Getenv("VICTIM_DATABASE") == "" {
		return false
	}
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	now, err := time.Parse(time.RFC3339Nano, os.Getenv("VICTIM_NOW"))
	fail(err)
	server, err := url.Parse(os.Getenv("VICTIM_SMTP"))
	fail(err)
	db, err := database.Open(database.Settings{URL: os.Getenv("VICTIM_DATABASE"), MaxConnections: 1})
	fail(err)
	d := &dispatcher{db: db, log: slog.New(slog.DiscardHandler), batch: 25, clock: func() time.Time { return now },
		mailer: mail.New(mail.Settings{Server: server, From: &netmail.Address{Address: "no-reply@mentorpause.test"}})}
	fmt.Println("begins")
	_, err = d.run(context.Background())
	fail(err)
	return true
}

func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	const kills, notifications = 30, 300
	b := setup(t)
	server := mailserver.Start(t, mailserver.Options{})
	b.crowd(t, 30, 6, notifications)

	killed := 0
	for range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "VICTIM_DATABASE="+b.URL("pause_scheduler"), "VICTIM_SMTP="+server.URL().String(),
			"VICTIM_NOW="+b.clock().Format(time.RFC3339Nano))
		cmd.Stderr = os.Stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stdout.Read(make([]byte, 1)) // it begins
		ended := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, stdout)
			close(ended)
		}()
		// Killed at once or while sending, unless nothing is due any more.
		enough := len(server.Messages()) + rand.IntN(15)
		for patience := time.After(time.Minute); len(server.Messages()) < enough; {
			select {
			case <-time.After(time.Millisecond):
				continue
			case <-ended:
			case <-patience:
			}
			break
		}
		time.Sleep(time.Duration(rand.Int64N(int64(10 * time.Millisecond))))
		if cmd.Process.Kill() == nil {
			killed++
		}
		<-ended
		cmd.Wait()              // reports that it was killed
		b.wait(5 * time.Minute) // until its leases have ended
	}
	sentBefore := len(server.Messages())
	if left := value[int](t, b, "select count(*) from public.notifications where state = 'pending'"); left == 0 || sentBefore == 0 {
		t.Errorf("%d e-mails sent, %d notifications left after the kills: they proved little", sentBefore, left)
	}
	b.wait(4 * time.Hour) // what was claimed ten times in vain waits longer
	d := b.dispatcher(t, server)
	if _, err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}

	b.wantEachOnce(t, notifications)
	times := map[string]int{}
	for _, m := range server.Messages() {
		times[m.ID]++
	}
	want(t, "e-mails that arrived, each counted once", len(times), 2*notifications)
	repeated := len(server.Messages()) - len(times)
	if repeated > killed {
		t.Errorf("%d e-mails were repeated by %d kills", repeated, killed)
	}
	t.Logf("%d kills, %d e-mails before the last run, %d repeated", killed, sentBefore, repeated)
}
