package postgres

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// watchdog is a shell that waits for our process to end and then stops the server
// and removes temporary files, even after SIGKILL, when nothing of ours runs any
// more. It notices through its standard input: we hold the only other end, and the
// system closes that. (Linux's parent-death signal would not do: it is sent when
// the *thread* that started the server ends.)
type watchdog struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

// The input is the number of each server process that we start, then a 0 when it
// has ended, because the number may soon belong to another process, and finally
// "done". $1 is the server's pid file: when the server has ended it is gone, or
// another server's. (A process that has ended may look alive for ever if nobody
// reaps it, as in a container. The pid file appears a moment after the process,
// hence the first second.) $2 is the folder to remove, or empty.
const watchdogScript = `
trap '' HUP INT TERM
server=0
while read -r word; do
  [ "$word" = done ] && exit 0
  server=$word
done
if [ "$server" -gt 0 ]; then
  kill -INT "$server"
  waited=0
  while [ "$waited" -lt 300 ] && kill -0 "$server"; do
    holder=0
    [ -e "$1" ] && read -r holder <"$1"
    [ "$holder" = "$server" ] || [ "$waited" -lt 10 ] || break
    waited=$((waited + 1))
    sleep 0.1
  done
fi
[ -z "$2" ] || rm -rf "$2"
`

func watch(c *Cluster) (*watchdog, error) {
	temporary := ""
	if c.temporary {
		temporary = c.dir
	}
	cmd := exec.Command("/bin/sh", "-c", watchdogScript, "watchdog", c.pidFile(), temporary)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &watchdog{cmd: cmd, input: input}, nil
}

// guard tells the watchdog which process is the server; 0: none.
func (w *watchdog) guard(pid int) {
	// An error means that somebody has killed the watchdog; then the next start
	// cleans up.
	_, _ = fmt.Fprintln(w.input, pid)
}

// dismiss ends the watchdog when nothing is left to watch.
func (w *watchdog) dismiss() {
	_, _ = fmt.Fprintln(w.input, "done")
	_ = w.cmd.Wait()
}
