package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/provider"
)

func TestConsistentBooksAreClean(t *testing.T) {
	t.Parallel()
	f := newFixture(t)

	report := f.audit()

	for _, c := range report.Checks {
		require.Empty(t, c.Findings, c.Name)
		require.NotEmpty(t, c.Description)
		for what, n := range c.Looked {
			require.Positive(t, n, "%s looks at %s", c.Name, what)
		}
	}
	require.True(t, report.Clean)
	require.WithinDuration(t, time.Now().Add(-30*24*time.Hour), f.bank.since, time.Minute)
	f.requireNothingLeft()
}

func (f *fixture) requireNothingLeft() {
	f.t.Helper()
	for _, table := range []string{"audit_looks", "audit_intents", "audit_refunds", "audit_workflows"} {
		require.Zero(f.t, f.count("SELECT count(*) FROM "+table), table)
	}
}

func TestAnEmptyDatabaseIsClean(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.damage(`TRUNCATE bookings, outside_refunds, ledger_transactions, top_ups, cascades CASCADE; UPDATE ledger_accounts SET balance = 0; UPDATE coupons SET uses = 0`)
	f.bank.intents, f.bank.refunds, f.temporal.running = nil, nil, nil
	require.Empty(t, broken(f.audit()))
}

// What waits for an operator is reported, but the books are correct.
func TestARefundThatWaitsForAnOperatorIsNotDamage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`UPDATE refunds SET status = 'NEEDS_ATTENTION' WHERE id = 'rf_partial';
	        INSERT INTO refund_events (refund_id, attempt, tender, from_status, to_status, actor, reason, correlation_id)
	        VALUES ('rf_partial', 1, 'CARD', 'INITIATED', 'NEEDS_ATTENTION', 'PROVIDER', 'test', 'test')`)
	f.bank.refunds[2].Status = provider.RefundFailed
	f.temporal.end("refund/rf_partial")

	report := f.audit()

	require.Empty(t, broken(report))
	require.True(t, report.Clean)
	require.Equal(t, []audit.Finding{{ID: "rf_partial", Message: findingOf(t, report, "refunds.waiting").Message}},
		checkOf(t, report, "refunds.waiting").Findings)
}

func TestACascadeThatWaitsForAnOperatorIsNotDamage(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"paused": `UPDATE cascades SET paused = true;
		           INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ('cs_off', 'PAUSED', 'us_1', 'test', 'test')`,
		"slow": `UPDATE cascades SET started_at = now() - interval '25 hours'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.exec(sql)

			report := f.audit()

			require.True(t, report.Clean)
			require.Equal(t, "cs_off", findingOf(t, report, "cascades.waiting").ID)
		})
	}
}

func checkOf(t *testing.T, report audit.Report, name string) audit.Check {
	t.Helper()
	for _, c := range report.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %s", name)
	return audit.Check{}
}

func findingOf(t *testing.T, report audit.Report, name string) audit.Finding {
	t.Helper()
	found := checkOf(t, report, name).Findings
	require.NotEmpty(t, found, name)
	return found[0]
}

func TestWhatIsOnItsWayIsNotAFinding(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(*fixture){
		"money that the webhook is still to bring": func(f *fixture) {
			f.bank.set("pi_open", provider.IntentSucceeded, 6180)
		},
		"money for a top-up that the webhook is still to bring": func(f *fixture) {
			f.bank.set("pi_tu_open", provider.IntentSucceeded, 6000)
		},
		"money for a top-up that has just expired": func(f *fixture) {
			f.bank.set("pi_tu_expired", provider.IntentSucceeded, 7000)
		},
		"a top-up whose workflow has not been listed yet": func(f *fixture) { f.temporal.end("top-up/tu_open") },
		"a top-up that the list was too early for":        func(f *fixture) { f.bank.remove("pi_tu_paid") },
		"money for a booking that has just expired": func(f *fixture) {
			f.bank.set("pi_expired", provider.IntentSucceeded, 10000)
		},
		"an attempt that was undecided when its booking expired": func(f *fixture) {
			f.damage(`UPDATE payments SET status = 'PROCESSING', method = 'CARD', wallet_amount = 0 WHERE id = 'pay_expired'`)
		},
		"a booking whose workflow has not been listed yet": func(f *fixture) { f.temporal.end("booking/bk_held") },
		"a workflow that has not ended yet": func(f *fixture) {
			f.temporal.running = append(f.temporal.running, workflow("booking/bk_card", "Booking"))
		},
		"a workflow that has not written its booking yet": func(f *fixture) {
			young := workflow("booking/bk_x", "Booking")
			young.StartTime = timestamppb.Now()
			f.temporal.running = append(f.temporal.running, young)
		},
		"a refund whose follower is still to start": func(f *fixture) { f.temporal.end("refund/rf_partial") },
		"a refund that has just arrived":            func(f *fixture) { f.bank.refunds[2].Status = provider.RefundSucceeded },
		"a payment that the list was too early for": func(f *fixture) { f.bank.set("pi_card", provider.IntentProcessing, 0) },
		"a refund that the list was too early for":  func(f *fixture) { f.bank.refunds = f.bank.refunds[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			arrange(f)
			options := options()
			options.Grace = 15 * time.Minute
			report, err := audit.Run(t.Context(), f.sources(), options)
			require.NoError(t, err)
			require.Empty(t, broken(report))
		})
	}
}

func TestOnlyWhatIsFoundTwiceIsReported(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.damage(`DELETE FROM claims WHERE booking_id IN ('bk_held', 'bk_card')`)
	f.bank.set("pi_card", provider.IntentCanceled, 0)
	f.bank.onWalk = func(n int) {
		if n == 2 { // the second check: in the meantime two of the three have been corrected
			f.exec(`INSERT INTO claims (show_id, seat, layout_id, booking_id, state) VALUES ('sh_1', 'A5', 'ly_1', 'bk_card', 'SOLD')`)
			f.bank.set("pi_card", provider.IntentSucceeded, 11180)
		}
	}

	report := f.audit()

	require.Equal(t, map[string]string{"seats.protected": "bk_held"}, broken(report))
	require.Equal(t, 2, f.bank.walks)
	require.EqualValues(t, 13, checkOf(t, report, "provider.money").Looked["intents"], "counted once")
	f.requireNothingLeft()
}

func TestACheckReportsNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.damage(`DELETE FROM booking_events`)
	options := options()
	options.Limit = 3
	report, err := audit.Run(t.Context(), f.sources(), options)
	require.NoError(t, err)
	c := checkOf(t, report, "bookings.trail")
	require.Len(t, c.Findings, 3)
	require.True(t, c.More)
	require.Equal(t, "bk_cancelled", c.Findings[0].ID)
	require.Equal(t, "is CANCELLED and has no trail", c.Findings[0].Message)
}

func TestNightlyAuditsLookAtTheLatestFailures(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, test := range []struct {
		options audit.Options
		since   time.Duration
	}{{audit.Defaults(), 30 * 24 * time.Hour}, {audit.Nightly(), 48 * time.Hour}} {
		f.temporal.queries = nil
		_, err := audit.Run(t.Context(), f.sources(), test.options)
		require.NoError(t, err)
		_, text, found := strings.Cut(f.temporal.queries[len(f.temporal.queries)-1], "CloseTime >= '")
		require.True(t, found, "%v", f.temporal.queries)
		since, err := time.Parse(time.RFC3339, strings.TrimSuffix(text, "'"))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(-test.since), since, time.Minute)
	}
}

func TestGroupsCanBeLeftOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	options := options()
	options.Skip = []string{"provider", "temporal", "coupons"}
	report, err := audit.Run(t.Context(), audit.Sources{Pool: f.worker}, options)
	require.NoError(t, err)
	require.True(t, report.Clean)
	for _, c := range report.Checks {
		for _, group := range options.Skip {
			require.False(t, strings.HasPrefix(c.Name, group+"."), c.Name)
		}
	}
}

func TestAnAuditThatCannotBeCarriedOutSaysSo(t *testing.T) {
	t.Parallel()
	broken := errors.New("out of order")
	for name, test := range map[string]struct {
		arrange func(*fixture, *audit.Options)
		says    string
	}{
		"the provider is away":  {func(f *fixture, _ *audit.Options) { f.bank.err = broken }, "list the provider's intents: out of order"},
		"Temporal is away":      {func(f *fixture, _ *audit.Options) { f.temporal.err = broken }, "list running workflows: out of order"},
		"the database is away":  {func(f *fixture, _ *audit.Options) { f.worker.Close() }, "count: closed pool"},
		"an unknown group":      {func(_ *fixture, o *audit.Options) { o.Skip = []string{"moon"} }, `no group of checks "moon"`},
		"no limit":              {func(_ *fixture, o *audit.Options) { o.Limit = 0 }, "limit"},
		"a limit beyond bounds": {func(_ *fixture, o *audit.Options) { o.Limit = 1 << 30 }, "limit"},
		"a negative grace":      {func(_ *fixture, o *audit.Options) { o.Grace = -1 }, "not negative"},
		"nothing to look back":  {func(_ *fixture, o *audit.Options) { o.Since = 0 }, "positive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			options := options()
			test.arrange(f, &options)
			_, err := audit.Run(t.Context(), f.sources(), options)
			require.ErrorContains(t, err, test.says)
			f.requireNothingLeft()
		})
	}
}

func TestAnAuditThatIsCutOffLeavesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.bank.onWalk = func(int) { cancel() }
	_, err := audit.Run(ctx, f.sources(), options())
	require.ErrorIs(t, err, context.Canceled)
	f.requireNothingLeft()
}

// A process that was killed leaves its snapshot behind. The next audit deletes it a day later, but
// never the snapshot of another audit that is still running.
func TestSnapshotsOfDeadProcessesAreForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`INSERT INTO audit_looks (began_at) VALUES (now() - interval '25 hours'), (now());
	        INSERT INTO audit_workflows SELECT id, 'booking/bk_dead', 'Booking', now() FROM audit_looks`)
	require.Empty(t, broken(f.audit()), "another look's rows are nobody's business")
	require.Equal(t, 1, f.count(`SELECT count(*) FROM audit_looks`))
	require.Equal(t, 1, f.count(`SELECT count(*) FROM audit_workflows`))
}

// A statement of the audit may take longer than one of a booking; here because a table is locked.
func TestTheAuditIsPatient(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	config := f.worker.Config()
	config.ConnConfig.RuntimeParams["statement_timeout"] = "250"
	config.ConnConfig.RuntimeParams["application_name"] = "patient"
	sources := f.sources()
	patient, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	defer patient.Close()
	sources.Pool = patient
	tx, err := f.owner.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE coupons IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := audit.Run(t.Context(), sources, options())
		done <- err
	}()
	require.Eventually(t, func() bool {
		var waiting int
		err := f.owner.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'patient'
			AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '400 milliseconds'`).Scan(&waiting)
		return err == nil && waiting > 0
	}, time.Minute, 20*time.Millisecond)
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, <-done)
}

func TestTheAuditChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.damage(`DELETE FROM claims WHERE booking_id = 'bk_wallet'`)
	before := f.fingerprint()
	require.NotEmpty(t, broken(f.audit()))
	require.Equal(t, before, f.fingerprint())
}

// fingerprint differs for any two states of the books.
func (f *fixture) fingerprint() string {
	f.t.Helper()
	var all string
	for _, table := range []string{"bookings", "claims", "payments", "refunds", "ledger_accounts", "ledger_entries", "coupons", "flags"} {
		var sum string
		require.NoError(f.t, f.owner.QueryRow(f.t.Context(),
			`SELECT COALESCE(md5(string_agg(r::text, '|' ORDER BY r::text)), '') FROM `+table+` r`).Scan(&sum))
		all += sum
	}
	return all
}

func TestReportsAreForPeopleAndForPrograms(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.damage(`DELETE FROM claims WHERE booking_id = 'bk_wallet' AND seat = 'A4'; UPDATE refunds SET created_at = now() - interval '2 days'`)
	report := f.audit()

	var text strings.Builder
	report.Print(&text)
	require.Regexp(t, `(?m)^✗ seats.bought +every seat of a confirmed booking is sold to it \(13 bookings, 9 claims, 16 seats, .*s\)$`, text.String())
	require.Contains(t, text.String(), "    bk_wallet is CONFIRMED and seat A4 of sh_1 is nobody's\n")
	require.Regexp(t, `(?m)^! refunds.waiting `, text.String())
	require.Regexp(t, `(?m)^✓ ledger.balanced `, text.String())
	require.Regexp(t, `The books are wrong: 1 of \d+ checks are broken; something waits for an operator in .*s\n$`, text.String())

	encoded, err := json.Marshal(report)
	require.NoError(t, err)
	var decoded audit.Report
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	require.Equal(t, broken(report), broken(decoded))
	require.Contains(t, string(encoded), `"clean":false`)
	require.Contains(t, string(encoded), `"findings":[]`, "no findings are an empty list")
}
