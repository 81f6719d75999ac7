package stack

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/localpg"
)

const (
	// readyPatience is how long a part may take to become ready. The first start of Temporal makes its schema.
	readyPatience = 2 * time.Minute
	// workerReady is in the line that the worker logs once it polls its task queues.
	workerReady = "worker started"
	// temporalReady begins the line that the Temporal server prints once it serves its namespace.
	temporalReady = "ready "
)

// launch starts one part and returns when it is ready. For a command, it returns nil after its end.
func (s *Stack) launch(ctx context.Context, part Part) (running, error) {
	switch part {
	case Postgres:
		return s.launchPostgres(ctx)
	case Temporal:
		return s.launchProcess(ctx, part, "temporal", s.temporalArgs(), awaitLine(func(line string) bool { return strings.HasPrefix(line, temporalReady) }))
	case Stripesim:
		return s.launchProcess(ctx, part, "stripesim", s.stripesimArgs(), awaitURL(s.StripeURL()+"/healthz"))
	case Mailbox:
		args := []string{"--addr", local(s.ports.Mailbox), "--smtp-addr", local(s.ports.MailboxSMTP)}
		return s.launchProcess(ctx, part, "mailbox", args, awaitURL(s.MailboxURL()+"/healthz"))
	case Worker:
		return s.launchProcess(ctx, part, "boxoffice", []string{"worker"}, awaitLine(func(line string) bool { return strings.Contains(line, workerReady) }))
	case API:
		// /readyz includes what the API depends on. When some of that is not started here, only /livez can be waited for.
		path := "/livez"
		if slices.Contains(s.parts, Worker) && slices.Contains(s.parts, Temporal) {
			path = "/readyz"
		}
		return s.launchProcess(ctx, part, "boxoffice", []string{"api"}, awaitURL(s.APIURL()+path))
	case Migrate, Seed:
		return nil, s.runCommand(ctx, part)
	}
	return nil, fmt.Errorf("there is no part %q", part)
}

func (s *Stack) launchPostgres(ctx context.Context) (running, error) {
	server, err := localpg.Start(ctx, localpg.Options{
		DataDir: filepath.Join(s.dir, clusterFolder), Port: s.ports.Postgres, LogFile: s.LogFile(Postgres), Settings: s.opts.PostgresSettings,
		Progress: func(line string) { s.say("       " + line) },
	})
	if err != nil {
		return nil, err
	}
	if err := prepareDatabase(ctx, server, s.secrets); err != nil {
		server.Kill()
		return nil, fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	s.pgMu.Lock()
	s.pg = server
	s.pgMu.Unlock()
	return server, nil
}

func (s *Stack) temporalArgs() []string {
	args := []string{
		"--postgres-addr", local(s.ports.Postgres), "--postgres-user", temporalRole,
		"--frontend-port", fmt.Sprint(s.ports.Temporal), "--ui-port", fmt.Sprint(s.ports.TemporalUI), "--namespace", Namespace,
	}
	for _, name := range []string{booking.AttributeStatus, booking.AttributeCustomer, booking.AttributeShow, booking.AttributeTheatre} {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	return append(args, s.opts.TemporalArgs...)
}

func (s *Stack) stripesimArgs() []string {
	return append([]string{
		"--addr", local(s.ports.Stripesim), "--webhook-url", s.WebhookURL(), "--state", filepath.Join(s.dir, simulatorFolder, "state"),
	}, s.opts.StripesimArgs...)
}

// readiness says how a part shows that it is ready: by a line that it prints, or by answering at a URL.
type readiness struct {
	line func(line string) bool
	url  string
}

func awaitLine(matches func(line string) bool) readiness { return readiness{line: matches} }
func awaitURL(url string) readiness                      { return readiness{url: url} }

func (s *Stack) launchProcess(ctx context.Context, part Part, program string, args []string, ready readiness) (running, error) {
	printed := make(chan struct{})
	var once sync.Once
	p, err := s.spawn(ctx, part, program, args, func(line string) {
		if ready.line != nil && ready.line(line) {
			once.Do(func() { close(printed) })
		}
	})
	if err != nil {
		return nil, err
	}
	check := answersOK(ready.url)
	if ready.line != nil {
		check = func(context.Context) error {
			select {
			case <-printed:
				return nil
			default:
				return errors.New("has not said yet that it is ready")
			}
		}
	}
	if err := awaitReady(ctx, p, readyPatience, check); err != nil {
		return nil, fmt.Errorf("%w\n\tlog: %s", err, s.LogFile(part))
	}
	return p, nil
}

// spawn starts a program as a part, with its environment and its log.
func (s *Stack) spawn(ctx context.Context, part Part, program string, args []string, onLine func(string)) (*process, error) {
	log, err := openLog(s.LogFile(part))
	if err != nil {
		return nil, err
	}
	warnings := &warnings{part: part, logFile: s.LogFile(part), say: s.say, now: time.Now}
	return startProcess(ctx, command{
		path: s.Program(program), args: args, env: s.environment(part), dir: s.root, log: log,
		onLine: func(line string) {
			onLine(line)
			if s.opts.Verbose {
				s.say(fmt.Sprintf("%-9s | %s", part, line))
			} else if isWarning(line) {
				warnings.show(line)
			}
		},
	})
}

func (s *Stack) runCommand(ctx context.Context, part Part) error {
	p, err := s.spawn(ctx, part, "boxoffice", []string{string(part)}, func(string) {})
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
		return p.Outcome()
	case <-ctx.Done():
		p.Kill()
		return ctx.Err()
	}
}
