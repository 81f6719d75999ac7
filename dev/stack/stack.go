package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/boxoffice/boxoffice/dev/localpg"
)

// Namespace is the Temporal namespace that the stack registers and the product uses.
const Namespace = "boxoffice"

// Options say what a stack consists of.
type Options struct {
	// Dir is the data folder; it is made if new. Required.
	Dir string
	// Root is the repository's root; empty means the one around the working folder.
	Root string
	// Binaries is a folder with the programs boxoffice, temporal, stripesim and mailbox; empty means that of BOXOFFICE_BIN, and without that
	// they are built into bin/ under the root.
	Binaries string
	// Ports to listen on; zeros are replaced by free ports.
	Ports Ports
	// Parts to start; nil means all. The others are expected on the given ports.
	Parts []Part
	// Supervise starts parts again that end by themselves, killed ones included. Without it they stay dead until StartPart.
	Supervise bool
	// Race builds the product with the race detector.
	Race bool
	// Verbose also sends every line of every part's log to Log, not only warnings and errors.
	Verbose bool
	// Log receives progress and messages for people, one line at a time. It may be nil.
	Log func(line string)
	// Env holds additional variables ("NAME=value") for single parts; they win over all others.
	Env map[Part][]string
	// TemporalArgs are added to those of the embedded Temporal server.
	TemporalArgs []string
	// StripesimArgs are added to those of the payment simulator.
	StripesimArgs []string
	// PostgresSettings ("name=value") are added to those of the private PostgreSQL.
	PostgresSettings []string
	// StripeSecretKey makes the stack use the real provider instead of the simulator. StripeWebhookSecret belongs to it.
	StripeSecretKey, StripeWebhookSecret string
}

// Stack is a system of running parts. Its methods may be called concurrently.
type Stack struct {
	opts       Options
	parts      []Part
	dir, root  string
	binaries   string
	prebuilt   bool
	ports      Ports
	secrets    Secrets
	steps      steps
	lock       *os.File
	supervisor *supervisor

	sayMu sync.Mutex

	envMu sync.Mutex
	env   map[Part][]string // Options.Env, until SetEnv

	pgMu sync.Mutex
	pg   *localpg.Server // the latest one
}

// Start builds the programs that are needed, starts the parts in order, each when the one before is ready, and returns
// when all are. When that fails, or ctx ends before, everything is stopped again. Once it has returned, ctx has no
// further effect.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	s, err := open(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := s.startAll(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// open checks everything that can be checked before something slow is begun.
func open(ctx context.Context, opts Options) (s *Stack, err error) {
	s = &Stack{opts: opts, parts: opts.Parts, root: opts.Root, ports: opts.Ports, env: maps.Clone(opts.Env)}
	if s.env == nil {
		s.env = map[Part][]string{}
	}
	if s.parts == nil {
		s.parts = AllParts()
	}
	if opts.StripeSecretKey != "" {
		if opts.StripeWebhookSecret == "" {
			return nil, errors.New("STRIPE_SECRET_KEY is set, so the real provider is used: set STRIPE_WEBHOOK_SECRET too (`stripe listen` prints one), or unset both for the simulator")
		}
		s.parts = slices.DeleteFunc(slices.Clone(s.parts), func(p Part) bool { return p == Stripesim })
	}
	if s.root == "" {
		if s.root, err = FindRoot(); err != nil {
			return nil, err
		}
	}
	if s.dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, err
	}
	s.binaries = filepath.Join(s.root, "bin")
	if opts.Race {
		s.binaries = filepath.Join(s.binaries, "race")
	}
	if dir := cmp.Or(opts.Binaries, os.Getenv(BinariesVariable)); dir != "" {
		if s.binaries, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
		s.prebuilt = true
	}
	s.steps = steps{say: s.say, every: tickEvery}
	s.supervisor = newSupervisor(opts.Supervise, s.say, s.launch)
	if err := s.ports.claim(ctx, s.parts); err != nil {
		return nil, err
	}
	if s.lock, err = openFolder(s.dir); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if s.secrets, err = loadSecrets(s.dir); err != nil {
		unlock(s.lock)
		return nil, err
	}
	return s, nil
}

func (s *Stack) startAll(ctx context.Context) error {
	if err := s.buildPrograms(ctx, s.parts); err != nil {
		return err
	}
	for _, part := range AllParts() {
		if !slices.Contains(s.parts, part) {
			continue
		}
		if err := s.steps.do(part.title(), func() error { return s.supervisor.start(ctx, part) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stack) say(line string) {
	if s.opts.Log == nil {
		return
	}
	s.sayMu.Lock()
	defer s.sayMu.Unlock()
	s.opts.Log(line)
}

// StartPart starts a part that was stopped or killed, or has died, and returns when it is ready. Migrate and Seed run to their end.
// The error is ErrPartRunning when it runs.
func (s *Stack) StartPart(ctx context.Context, part Part) error {
	if err := s.buildPrograms(ctx, []Part{part}); err != nil {
		return err
	}
	return s.supervisor.start(ctx, part)
}

// StopPart asks a part to end and waits for it. A part that takes longer than 15 seconds is killed, which is an error.
func (s *Stack) StopPart(ctx context.Context, part Part) error { return s.supervisor.stop(ctx, part) }

// Kill ends a part with SIGKILL and returns when it is gone. With Options.Supervise it comes back by itself. The error is
// ErrNotRunning when there is nothing to kill.
func (s *Stack) Kill(part Part) error { return s.supervisor.kill(part) }

// Stop stops all parts in reverse order and gives the data folder free. When ctx ends, those that are left are killed, which is
// an error. It may be called twice.
func (s *Stack) Stop(ctx context.Context) error {
	err := s.supervisor.stopAll(ctx)
	unlock(s.lock)
	return err
}

// SetEnv replaces a part's additional variables ("NAME=value"), those of Options.Env, from its next start on.
func (s *Stack) SetEnv(part Part, variables ...string) {
	s.envMu.Lock()
	defer s.envMu.Unlock()
	s.env[part] = variables
}

// Running says whether the part has a process.
func (s *Stack) Running(part Part) bool { return s.supervisor.current(part) != nil }

// Pid is the process id of a part, 0 when it does not run.
func (s *Stack) Pid(part Part) int {
	if process := s.supervisor.current(part); process != nil {
		return process.Pid()
	}
	return 0
}
