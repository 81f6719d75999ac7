package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// quietFor is how long nothing may be logged before what was begun counts as over.
	quietFor = 700 * time.Millisecond
	// quietPatience bounds how long that is waited for.
	quietPatience = 30 * time.Second
	// quietEvery is how often the log is looked at meanwhile.
	quietEvery = 50 * time.Millisecond
)

// Statements are how many SQL statements the product's processes have sent. A BEGIN or COMMIT counts unless it was sent together with a
// statement: so they are how often PostgreSQL was waited for, or a few more, since a lock that travels with a statement counts.
type Statements struct{ API, Worker int }

// StatementLog has PostgreSQL log every statement, and counts them there. Its lines name the process that sent it.
type StatementLog struct {
	superuserDSN, file string
	from               int64
}

// LogStatements makes a server log the statements of all processes, until Stop. The DSN is its superuser's, and the file is its log.
func LogStatements(ctx context.Context, superuserDSN, file string) (*StatementLog, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("look at PostgreSQL's log: %w", err)
	}
	l := &StatementLog{superuserDSN: superuserDSN, file: file, from: info.Size()}
	if err := l.set(ctx, `ALTER SYSTEM SET log_statement = 'all'`); err != nil {
		return nil, err
	}
	return l, nil
}

// Stop ends the logging.
func (l *StatementLog) Stop(ctx context.Context) error {
	return l.set(ctx, `ALTER SYSTEM RESET log_statement`)
}

func (l *StatementLog) set(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, l.superuserDSN)
	if err != nil {
		return fmt.Errorf("change what is logged: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, sql := range []string{statement, `SELECT pg_reload_conf()`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("change what is logged: %w", err)
		}
	}
	return nil
}

// Count counts what has been logged so far.
func (l *StatementLog) Count() (Statements, error) {
	var n Statements
	file, err := os.Open(l.file)
	if err != nil {
		return n, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.NewSectionReader(file, l.from, 1<<62))
	if err != nil {
		return n, fmt.Errorf("read PostgreSQL's log: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		switch {
		case !strings.Contains(line, "LOG:  execute ") && !strings.Contains(line, "LOG:  statement: "):
		case strings.Contains(line, "LOG:  statement: -- ping"): // the pool tries a connection that has rested for a second
		case strings.Contains(line, "LOG:  statement: EXPLAIN "): // the pool makes a new connection plan what it will be asked for
		case isTravelling(line):
		case strings.Contains(line, "] boxoffice-api "):
			n.API++
		case strings.Contains(line, "] boxoffice-worker "):
			n.Worker++
		}
	}
	return n, nil
}

// isTravelling says that a line is about a BEGIN or COMMIT that was sent together with a statement. Only those are prepared.
func isTravelling(line string) bool {
	_, sql, prepared := strings.Cut(line, "LOG:  execute ")
	return prepared && (strings.HasSuffix(strings.TrimSpace(sql), ": begin") || strings.HasSuffix(strings.TrimSpace(sql), ": commit"))
}

// Settled waits until the product has sent nothing for a moment, and counts. Nobody may use the system meanwhile.
func (l *StatementLog) Settled(ctx context.Context) (Statements, error) {
	ctx, cancel := context.WithTimeout(ctx, quietPatience)
	defer cancel()
	var now, last Statements
	since := time.Now()
	err := wait.Until(ctx, quietEvery, func() (quiet bool, err error) {
		if now, err = l.Count(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) >= quietFor, err
	})
	if err != nil && ctx.Err() != nil {
		err = errors.Join(errors.New("the system does not come to rest"), err)
	}
	return now, err
}
