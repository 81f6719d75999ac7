// Package localpg runs a private PostgreSQL server from the programs that are installed on the machine.
//
// The server listens on 127.0.0.1 only, keeps everything in one folder, runs as an unprivileged account when this
// process is root, and ends with this process.
package localpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/dev/child"
	"github.com/boxoffice/boxoffice/dev/freeport"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	superuser      = "postgres"
	dataFolder     = "pgdata"
	passwordFile   = "superuser-password"
	logFile        = "postgres.log"
	pollInterval   = 25 * time.Millisecond
	startPatience  = 60 * time.Second
	quickStopAfter = 5 * time.Second
	startAttempts  = 40
)

// Options say where and how a server runs.
type Options struct {
	// DataDir is the wanted folder of the cluster; Server.Dir says which one is used. It is made and filled if new.
	DataDir string
	// Port to listen on; 0 takes a free one.
	Port int
	// Test trades safety for speed: what is written may be lost in a crash of the machine.
	Test bool
	// LogFile receives the server's log; empty means postgres.log in the folder.
	LogFile string
	// Progress is told, in one line each, about steps that take long. It may be nil.
	// Settings ("name=value") are added to the server's own, and win over them.
	Settings []string
	Progress func(line string)
}

// Server is a running PostgreSQL.
type Server struct {
	dir, password string
	port          int
	cmd           *exec.Cmd
	exited        chan struct{}
}

// Start makes the cluster if it is new, starts its server and returns when it answers. A folder left by a killed
// server is taken over; the error is ErrRunning when a server still runs on it.
func Start(ctx context.Context, opts Options) (*Server, error) {
	programs, err := FindOrInstall(ctx, opts.Progress)
	if err != nil {
		return nil, err
	}
	account, err := findOwner()
	if err != nil {
		return nil, err
	}
	dir, err := locate(ctx, account, opts.DataDir)
	if err != nil {
		return nil, fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	password, err := ensureCluster(ctx, programs, account, dir, opts)
	if err != nil {
		return nil, err
	}
	if err := clearPostmasterFile(ctx, filepath.Join(dir, dataFolder)); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		server, output, err := launch(ctx, programs, account, dir, password, opts)
		if err == nil {
			return server, nil
		}
		if attempt == startAttempts || !passes(output, opts.Port) {
			return nil, fmt.Errorf("start PostgreSQL: %w: %s", err, lastLines(output, 6))
		}
		if !wait.For(ctx, 10*pollInterval) {
			return nil, ctx.Err()
		}
	}
}

// passes says whether a start failed for a reason that goes away: the processes of a killed server need a moment to notice, and another process may
// have taken a free port before it was used.
func passes(output string, wantedPort int) bool {
	return strings.Contains(output, "is still in use") || // pre-existing shared memory block
		wantedPort == 0 && strings.Contains(output, "could not bind")
}

// ensureCluster makes the cluster beside its final place and moves it there, so that a half-made one is never used.
func ensureCluster(ctx context.Context, programs Binaries, account *owner, dir string, opts Options) (password string, err error) {
	data, passwordPath := filepath.Join(dir, dataFolder), filepath.Join(dir, passwordFile)
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		text, err := os.ReadFile(passwordPath)
		if err != nil {
			return "", fmt.Errorf("password of the cluster: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if opts.Progress != nil {
		opts.Progress("making a new PostgreSQL cluster in " + dir)
	}
	password = rand.Text()
	if err := os.WriteFile(passwordPath, []byte(password+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := account.chown(passwordPath); err != nil {
		return "", err
	}
	unfinished := data + ".unfinished"
	// C.UTF-8 sorts by code point like C and knows the case of all letters; not every system has it.
	var output []byte
	for _, locale := range []string{"C.UTF-8", "C"} {
		if err := os.RemoveAll(unfinished); err != nil {
			return "", err
		}
		args := []string{"-D", unfinished, "-U", superuser, "--pwfile", passwordPath, "-A", "scram-sha-256", "-E", "UTF8", "--locale", locale}
		if opts.Test {
			args = append(args, "--no-sync")
		}
		cmd := exec.CommandContext(ctx, programs.Initdb, args...)
		cmd.Env = environment()
		account.apply(cmd)
		if output, err = cmd.CombinedOutput(); err == nil {
			return password, os.Rename(unfinished, data)
		}
	}
	return "", fmt.Errorf("initdb: %w: %s", err, lastLines(string(output), 4))
}

// environment is this process's without the variables that would steer PostgreSQL elsewhere.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "LC_") && !strings.HasPrefix(v, "LANG") && !strings.HasPrefix(v, "TZ=") {
			env = append(env, v)
		}
	}
	return env
}

func launch(ctx context.Context, programs Binaries, account *owner, dir, password string, opts Options) (s *Server, output string, err error) {
	port := opts.Port
	if port == 0 {
		if port, err = freePort(ctx); err != nil {
			return nil, "", err
		}
	}
	logPath := opts.LogFile
	if logPath == "" {
		logPath = filepath.Join(dir, logFile)
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, "", err
	}
	defer log.Close()
	before, err := log.Stat()
	if err != nil {
		return nil, "", err
	}

	cmd := exec.CommandContext(context.WithoutCancel(ctx), programs.Postgres, arguments(dir, port, opts)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), log, log
	account.apply(cmd)
	onParentDeath := syscall.SIGINT // fast shutdown, with a checkpoint
	if opts.Test {
		onParentDeath = syscall.SIGQUIT // at once: the data is thrown away
	}
	if err := child.Start(cmd, onParentDeath); err != nil {
		return nil, "", err
	}
	server := &Server{dir: dir, password: password, port: port, cmd: cmd, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the outcome stays in cmd.ProcessState
		close(server.exited)
	}()
	if err := server.awaitReady(ctx); err != nil {
		server.Kill()
		text := make([]byte, 16<<10)
		n, _ := log.ReadAt(text, before.Size())
		return nil, string(text[:n]), err
	}
	return server, "", nil
}

func arguments(dir string, port int, opts Options) []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "port=" + strconv.Itoa(port),
		"max_connections=300", "shared_buffers=256MB",
		"timezone=UTC", "log_timezone=UTC", "log_destination=stderr", "logging_collector=off",
		"log_line_prefix=%m [%p] %q%a %u@%d ",
	}
	if opts.Test {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=128MB",
			"dynamic_shared_memory_type=mmap") // in its own folder, where nothing is left of a server that is killed
	}
	settings = append(settings, opts.Settings...)
	args := []string{"-D", filepath.Join(dir, dataFolder)}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

func freePort(ctx context.Context) (int, error) {
	l, err := freeport.Listen(ctx)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	address, err := netip.ParseAddrPort(l.Addr().String())
	return int(address.Port()), err
}

// awaitReady connects with the cluster's own password, so that another server on the same port is not mistaken for it.
func (s *Server) awaitReady(ctx context.Context) error {
	ctx, expire := context.WithTimeoutCause(ctx, startPatience, fmt.Errorf("the server was not ready after %s", startPatience))
	defer expire()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-s.exited: // whoever else listens there may accept a connection and never answer
			cancel(fmt.Errorf("the server ended while starting: %s", s.cmd.ProcessState))
		case <-ctx.Done():
		}
	}()
	return wait.Until(ctx, pollInterval, func() (bool, error) {
		conn, err := pgx.Connect(ctx, s.DSN(superuser))
		if err != nil {
			return false, nil //nolint:nilerr // it is not there yet
		}
		return true, conn.Close(ctx)
	})
}

// DSN is the URL of a database for the superuser.
func (s *Server) DSN(database string) string { return s.DSNFor(superuser, s.password, database) }

// DSNFor is the URL of a database for another role.
func (s *Server) DSNFor(role, password, database string) string {
	return DSN(s.Addr(), role, password, database)
}

// DSN composes the URL of a database on a server that listens on addr ("host:port") without TLS.
func DSN(addr, role, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password), Host: addr, Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Addr is where the server listens, as "127.0.0.1:port".
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Port is the port the server listens on.
func (s *Server) Port() int { return s.port }

// Dir is the folder in use: the wanted one or its fallback (see Locate).
func (s *Server) Dir() string { return s.dir }

// Pid is the process id of the server.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.exited }

// Outcome tells, after Done, how the server ended; nil means as asked.
func (s *Server) Outcome() error {
	if s.cmd.ProcessState.Success() {
		return nil
	}
	return errors.New(s.cmd.ProcessState.String())
}

// Stop ends the server as an administrator would: sessions are closed and everything is written. When ctx ends first, the
// server is told to quit at once and then killed; both are recovered from at the next start. It is safe to call
// twice, and after the server has died.
func (s *Server) Stop(ctx context.Context) error {
	s.signal(syscall.SIGINT)
	select {
	case <-s.exited:
		return nil
	case <-ctx.Done():
	}
	s.signal(syscall.SIGQUIT)
	select {
	case <-s.exited:
	case <-time.After(quickStopAfter):
		s.Kill()
	}
	return fmt.Errorf("PostgreSQL did not stop in time: %w", ctx.Err())
}

// Kill ends the server as a power cut would (SIGKILL) and returns when it is gone.
func (s *Server) Kill() {
	s.signal(syscall.SIGKILL)
	<-s.exited
}

// signal reaches the server itself; its workers follow it by themselves.
func (s *Server) signal(sig syscall.Signal) {
	_ = s.cmd.Process.Signal(sig) // fails only when the process has gone
}
