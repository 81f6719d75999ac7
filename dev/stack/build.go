package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// BinariesVariable names the environment variable that holds a folder with the programs boxoffice, temporal, stripesim and mailbox;
// when set, nothing is built.
const BinariesVariable = "BOXOFFICE_BIN"

const modulePath = "github.com/boxoffice/boxoffice"

// program is one of the executables that parts run.
type program struct {
	name, title, module, pkg string
	parts                    []Part
}

func programs() []program {
	return []program{
		{"boxoffice", "boxoffice", ".", "./cmd/boxoffice", []Part{Migrate, Seed, Worker, API}},
		{"stripesim", "the payment simulator", ".", "./dev/stripesim/cmd", []Part{Stripesim}},
		{"mailbox", "the mailbox", ".", "./dev/mailbox/cmd", []Part{Mailbox}},
		{"temporal", "the Temporal server (the first time takes about three minutes)", "dev/temporal", ".", []Part{Temporal}},
	}
}

// FindRoot finds the repository's root from the working folder upwards.
func FindRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+modulePath+"\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside the repository of %s", start, modulePath)
		}
	}
}

// built remembers which programs this process has built, by their path.
var built = struct {
	sync.Mutex
	paths map[string]bool
}{paths: map[string]bool{}}

// buildPrograms builds what parts need into dir, once per process. A lock keeps other processes from building the same meanwhile.
func (s *Stack) buildPrograms(ctx context.Context, parts []Part) error {
	if s.prebuilt {
		return nil
	}
	built.Lock()
	defer built.Unlock()
	if err := os.MkdirAll(s.binaries, 0o750); err != nil {
		return err
	}
	held, err := os.OpenFile(filepath.Join(s.binaries, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	if err := lockWaiting(ctx, held); err != nil {
		return fmt.Errorf("wait for another build: %w", err)
	}
	for _, p := range programs() {
		path := filepath.Join(s.binaries, p.name)
		if built.paths[path] || !slices.ContainsFunc(parts, func(part Part) bool { return slices.Contains(p.parts, part) }) {
			continue
		}
		if err := s.steps.do("build "+p.title, func() error { return s.build(ctx, p, path) }); err != nil {
			return err
		}
		built.paths[path] = true
	}
	return nil
}

func (s *Stack) build(ctx context.Context, p program, path string) error {
	args := []string{"build", "-o", path}
	if s.opts.Race && p.name == "boxoffice" {
		args = append(args, "-race")
	}
	return runToEnd(ctx, command{
		path: "go", args: append(args, p.pkg), env: os.Environ(), dir: filepath.Join(s.root, p.module), log: discard{io.Discard},
	})
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// lockWaiting takes an exclusive lock on file, which ends with the file.
func lockWaiting(ctx context.Context, file *os.File) error {
	return poll(ctx, func(context.Context) error {
		return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}, func(err error) bool { return errors.Is(err, syscall.EWOULDBLOCK) })
}
