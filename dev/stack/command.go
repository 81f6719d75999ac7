package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/db/seed"
)

const (
	// dialPatience bounds the question whether something listens.
	dialPatience = 2 * time.Second
	// commandPatience is how long a command that was interrupted may take to end.
	commandPatience = 10 * time.Second
)

// ErrNotStarted says that there is no running system to give a command to.
var ErrNotStarted = errors.New("the system does not run here: start it with `make run` in another terminal")

// Boxoffice runs one command of the product ("audit", "replay", ...) to its end, with the environment and the rights of the worker
// and, for what asks the API, in the name of the seeded administrator,
// and returns what it printed. The error tells a status other than 0, and wraps an *exec.ExitError.
func (s *Stack) Boxoffice(ctx context.Context, args ...string) (stdout string, err error) {
	cmd, err := s.boxoffice(ctx, args)
	if err != nil {
		return "", err
	}
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("boxoffice %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errOut.String()))
	}
	return out.String(), nil
}

// Attach gives a system that another process has started on the same folder and ports. It has no parts of its own; stop it all the
// same. The error wraps ErrNotStarted when nothing runs there.
func Attach(ctx context.Context, opts Options) (*Stack, error) {
	if _, err := os.Stat(filepath.Join(opts.Dir, secretsFile)); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotStarted, err)
	}
	opts.Parts = []Part{}
	s, err := Start(ctx, opts)
	if err != nil {
		return nil, err
	}
	for _, address := range []string{local(s.ports.Postgres), s.TemporalAddr()} {
		if err := listens(ctx, address); err != nil {
			err = fmt.Errorf("%w, and set the same ports here (%w)", ErrNotStarted, err)
			return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		}
	}
	return s, nil
}

// RunBoxoffice is Boxoffice with the output of the command going to the given writers. It returns the exit status.
func (s *Stack) RunBoxoffice(ctx context.Context, stdout, stderr io.Writer, args ...string) (status int, err error) {
	cmd, err := s.boxoffice(ctx, args)
	if err != nil {
		return 0, err
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	var ended *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &ended) {
		return 0, err
	}
	return ended.ExitCode(), nil
}

func listens(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{Timeout: dialPatience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func (s *Stack) boxoffice(ctx context.Context, args []string) (*exec.Cmd, error) {
	if err := s.buildPrograms(ctx, []Part{Worker}); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, s.Program("boxoffice"), args...)
	operator := seed.Accounts[3]
	cmd.Env, cmd.Dir = append(s.environment(Worker), "BOXOFFICE_API_URL="+s.APIURL(), "BOXOFFICE_EMAIL="+operator.Email, "BOXOFFICE_PASSWORD="+seed.Password), s.root
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = commandPatience
	return cmd, nil
}
