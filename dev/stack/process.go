package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/boxoffice/boxoffice/dev/child"
)

const (
	// lineLimit bounds a line of a child's output; a longer one is cut.
	lineLimit = 32 << 10
	// tailLines is how many of the last lines are kept for error messages.
	tailLines = 6
	// outputPatience is how long the output of a process that has ended may stay open in its own children.
	outputPatience = 2 * time.Second
)

// command is what a process is made from.
type command struct {
	path string
	args []string
	env  []string
	dir  string
	// log receives the output and is closed when the process has ended. onLine, which may be nil, sees every line.
	log    io.WriteCloser
	onLine func(line string)
}

// process is a running child with its output.
type process struct {
	cmd    *exec.Cmd
	done   chan struct{}
	output *lines
}

// startProcess starts a child; that ctx ends later does not end it.
func startProcess(ctx context.Context, c command) (*process, error) {
	p := &process{done: make(chan struct{}), output: &lines{log: c.log, onLine: c.onLine}}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), c.path, c.args...)
	p.cmd.Env, p.cmd.Dir = c.env, c.dir
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = outputPatience
	// A child can be killed without loss, so it may be when its supervisor has died.
	if err := child.Start(p.cmd, syscall.SIGKILL); err != nil {
		_ = c.log.Close()
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // the outcome stays in cmd.ProcessState
		p.output.flush()
		_ = c.log.Close()
		close(p.done)
	}()
	return p, nil
}

// Done is closed when the process has ended and its output is complete.
func (p *process) Done() <-chan struct{} { return p.done }

// Pid is the process id.
func (p *process) Pid() int { return p.cmd.Process.Pid }

// Outcome tells, after Done, how the process ended and what it said last; nil means that it succeeded.
func (p *process) Outcome() error {
	state := p.cmd.ProcessState
	if state.Success() {
		return nil
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return errors.New(state.String()) // it did not know that it would end
	}
	return fmt.Errorf("%s; its last lines:\n\t%s", state, p.output.tail())
}

// Stop asks the process to end and kills it when ctx ends first, which is the error.
func (p *process) Stop(ctx context.Context) error {
	_ = child.Signal(p.cmd.Process, syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("did not stop in time and was killed: %w", ctx.Err())
	}
}

// Kill ends the process with its children at once and returns when it is gone.
func (p *process) Kill() {
	_ = child.Signal(p.cmd.Process, syscall.SIGKILL)
	<-p.done
}

// runToEnd runs a command and returns its outcome; when ctx ends first it is killed.
func runToEnd(ctx context.Context, c command) error {
	p, err := startProcess(ctx, c)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
		return p.Outcome()
	case <-ctx.Done():
		p.Kill()
		return ctx.Err()
	}
}

// lines cuts a stream into lines, writes them to a log and keeps the last few.
type lines struct {
	log    io.Writer
	onLine func(string)

	mu      sync.Mutex
	partial []byte
	last    []string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.log.Write(b); err != nil {
		fmt.Fprintf(os.Stderr, "log of a part: %v\n", err) // the part itself must go on
	}
	rest := b
	for {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if room := lineLimit - len(l.partial); len(line) > room {
			line = line[:room]
		}
		l.partial = append(l.partial, line...)
		if !found {
			return len(b), nil
		}
		l.emit()
		rest = after
	}
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.partial) > 0 {
		l.emit()
	}
}

func (l *lines) emit() {
	line := strings.TrimRight(string(l.partial), "\r")
	l.partial = l.partial[:0]
	l.last = append(l.last, shorten(line))
	if len(l.last) > tailLines {
		l.last = l.last[1:]
	}
	if l.onLine != nil {
		l.onLine(line)
	}
}

func (l *lines) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.last, "\n\t")
}
