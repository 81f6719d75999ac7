package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/dev/child"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// ErrRunning says that a server already runs on the data folder.
var ErrRunning = errors.New("a PostgreSQL server already runs on this data folder")

// stoppingPatience is how long a start waits for an earlier server that is on its way out.
const stoppingPatience = 20 * time.Second

// postmasterFile is what the server writes about itself into its data folder.
type postmasterFile struct {
	pid    int
	status string // "starting", "ready", "stopping"
}

func readPostmasterFile(data string) (postmasterFile, bool) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmasterFile{}, false
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return postmasterFile{}, true
	}
	file := postmasterFile{pid: pid}
	if len(lines) > 7 {
		file.status = strings.TrimSpace(lines[7])
	}
	return file, true
}

// runningIn says whether a server runs on data and with which process id. A process that merely has the id of a
// server that was killed does not count.
func runningIn(ctx context.Context, data string) (pid int, running bool) {
	file, ok := readPostmasterFile(data)
	return file.pid, ok && child.Alive(file.pid) && isServerOf(ctx, file.pid, data)
}

func isServerOf(ctx context.Context, pid int, data string) bool {
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil {
		resolved, err := filepath.EvalSymlinks(data)
		return err == nil && cwd == resolved // the server works in its data folder
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), data)
}

// clearPostmasterFile makes it possible to start on data whose server was killed: it waits for a server that is stopping, refuses while one runs, and
// otherwise removes the file that a killed server left. PostgreSQL removes that file itself only if its process id has not been given to another
// process meanwhile, which is usual after a container has restarted.
func clearPostmasterFile(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, stoppingPatience)
	defer cancel()
	for {
		pid, running := runningIn(ctx, data)
		if !running {
			err := os.Remove(filepath.Join(data, "postmaster.pid"))
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return err
		}
		if file, _ := readPostmasterFile(data); file.status != "stopping" && file.status != "" {
			return fmt.Errorf("%w: process %d in %s", ErrRunning, pid, data)
		}
		if !wait.For(ctx, pollInterval) {
			return fmt.Errorf("%w and does not stop: process %d in %s", ErrRunning, pid, data)
		}
	}
}
