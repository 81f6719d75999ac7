package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/archive"
	"github.com/boxoffice/boxoffice/dev/measure"
)

const (
	// auditDatabase is one of its own: what is loaded has never been at the provider's simulator.
	auditDatabase = "bench_audit"
	// auditConns is how many connections an audit has: more than it uses at once.
	auditConns = 4
	// auditScale is the number of bookings to which the time of an audit is scaled.
	auditScale = 100_000
)

// auditOptions are the subject's.
type auditOptions struct{ bookings int }

func (o *auditOptions) flags(flags *flag.FlagSet) {
	flags.IntVar(&o.bookings, "audit-bookings", 20_000, "audit: how many bookings are audited")
}

func (o *auditOptions) check() error {
	if o.bookings < archive.Least {
		return fmt.Errorf("there must be %d bookings", archive.Least)
	}
	return nil
}

// auditFindings are what the subject has found. Memory is that of the audit's own process, in bytes. The provider's list is made in that process and
// not read page by page over HTTP: the time that a real provider takes comes on top.
type auditFindings struct {
	Bookings int `json:"bookings"`
	// SecondsPer100k is how long an audit takes for each 100,000 bookings, the median of the rounds.
	SecondsPer100k float64    `json:"secondsPer100k"`
	MemoryPeak     int64      `json:"memoryPeak"`
	Comparison     comparison `json:"comparison"`
}

// measure loads bookings into a database of their own, and has them audited and counted in turns.
func (o *auditOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (_ any, err error) {
	superuser, err := s.archive(ctx, o.bookings)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, superuser.Close(context.WithoutCancel(ctx))) }()
	dsn, err := otherDatabase(s.WorkerDSN(), auditDatabase)
	if err != nil {
		return nil, err
	}
	found := &auditFindings{Bookings: o.bookings}
	pairs, err := playPairs(ctx, rounds,
		func(ctx context.Context) (side, error) {
			took, memory, err := audited(ctx, auditOrders{DSN: dsn, Bookings: o.bookings})
			found.MemoryPeak = max(found.MemoryPeak, memory)
			return sideOfOne(o.bookings, took), err
		},
		func(ctx context.Context) (side, error) {
			took, err := counted(ctx, superuser)
			return sideOfOne(o.bookings, took), err
		})
	if err != nil {
		return nil, err
	}
	found.Comparison = compare(fmt.Sprintf("%d bookings", o.bookings), pairs)
	found.SecondsPer100k = ratio(auditScale, found.Comparison.median(func(p pair) float64 { return p.Product.PerSecond }))
	printComparisons(out, found.Comparison)
	fmt.Fprintf(out, "%.1f s for each 100,000 bookings, with %d MB of memory at most; the provider's list came from memory, not through HTTP\n", found.SecondsPer100k, found.MemoryPeak>>20)
	return found, nil
}

// summary is one line.
func (f *auditFindings) summary() []conclusion {
	return []conclusion{{
		What: f.Comparison.What,
		Figures: fmt.Sprintf("%.1f s for each 100,000, %d MB of memory, %.0f times one count of the same tables; the provider's list from memory",
			f.SecondsPer100k, f.MemoryPeak>>20, f.Comparison.P50Ratio),
	}}
}

// sideOfOne is a round in which everything was looked at once.
func sideOfOne(bookings int, took time.Duration) side {
	return side{PerSecond: float64(bookings) / took.Seconds(), P50: measure.Milliseconds(took), P99: measure.Milliseconds(took), Count: 1}
}

// archive makes the database and loads it. The connection is the superuser's.
func (s *system) archive(ctx context.Context, bookings int) (superuser *pgx.Conn, err error) {
	admin, err := pgx.Connect(ctx, s.SuperuserDSN("postgres"))
	if err != nil {
		return nil, err
	}
	_, err = admin.Exec(ctx, "CREATE DATABASE "+auditDatabase)
	if err := errors.Join(err, admin.Close(ctx)); err != nil {
		return nil, fmt.Errorf("make the database: %w", err)
	}
	if err := db.Migrate(ctx, s.SuperuserDSN(auditDatabase)); err != nil {
		return nil, err
	}
	if superuser, err = pgx.Connect(ctx, s.SuperuserDSN(auditDatabase)); err != nil {
		return nil, err
	}
	if err := archive.Load(ctx, superuser, bookings); err != nil {
		return nil, errors.Join(err, superuser.Close(ctx))
	}
	return superuser, nil
}

// otherDatabase is the DSN of another database of the same server, for the same user.
func otherDatabase(dsn, name string) (string, error) {
	at, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	at.Path = "/" + name
	return at.String(), nil
}

// counted is the floor of an audit: each table that the audit looks at is read once from its beginning to its end.
func counted(ctx context.Context, superuser *pgx.Conn) (time.Duration, error) {
	began := time.Now()
	err := pgx.BeginTxFunc(ctx, superuser, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL enable_indexonlyscan = off`)
		if err != nil {
			return err
		}
		var rows, money int64
		return tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM bookings) + (SELECT count(*) FROM booking_seats) + (SELECT count(*) FROM booking_events) + (SELECT count(*) FROM claims)
			       + (SELECT count(*) FROM payments) + (SELECT count(*) FROM refunds) + (SELECT count(*) FROM cancellations)
			       + (SELECT count(*) FROM ledger_accounts) + (SELECT count(*) FROM ledger_transactions), sum(amount)
			FROM ledger_entries`).Scan(&rows, &money)
	})
	if err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return time.Since(began), nil
}

// auditOrders are what is audited.
type auditOrders struct {
	DSN      string `json:"dsn"`
	Bookings int    `json:"bookings"`
}

// auditAnswer is what came of it.
type auditAnswer struct {
	Seconds float64 `json:"seconds"`
	// Broken names the checks that found something.
	Broken []string `json:"broken"`
}

// audited has an audit carried out by a process of its own. It gives how long the audit took, and how much memory the process needed at
// most. Books that are not in order are an error.
func audited(ctx context.Context, orders auditOrders) (took time.Duration, memory int64, err error) {
	process, err := startErrand("audit", orders)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, process.stop()) }()
	watch := measure.WatchMemory(ctx, process.pid)
	defer watch.Stop()
	var answer auditAnswer
	if err := process.answer(&answer); err != nil {
		return 0, 0, err
	}
	if len(answer.Broken) > 0 {
		return 0, 0, fmt.Errorf("the books are not in order: %s", strings.Join(answer.Broken, ", "))
	}
	return time.Duration(answer.Seconds * float64(time.Second)), watch.Stop(), nil
}

// carryOutAudit is the errand of an audit.
func carryOutAudit(ctx context.Context, in *json.Decoder, out *json.Encoder) error {
	var orders auditOrders
	if err := in.Decode(&orders); err != nil {
		return err
	}
	pool, err := db.Open(ctx, orders.DSN, db.PoolOptions{Application: "bench-audit", MaxConns: auditConns, StatementTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer pool.Close()
	options := audit.Defaults()
	options.Recheck = 0
	report, err := audit.Run(ctx, audit.Sources{Pool: pool, Provider: archive.Bank{Bookings: orders.Bookings}, Temporal: archive.Rest{}}, options)
	if err != nil {
		return err
	}
	answer := auditAnswer{Seconds: time.Duration(report.Duration).Seconds()}
	for _, check := range report.Broken() {
		answer.Broken = append(answer.Broken, check.Name)
	}
	return out.Encode(answer)
}
