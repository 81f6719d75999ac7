package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// patience bounds every wait. A killed worker's task comes back after ten seconds, a hanging call to the provider after
// fifteen.
const patience = 4 * time.Minute

// shortHold is a hold that a test lets expire, long enough for what the test does meanwhile on a busy machine.
const shortHold = 15 * time.Second

// longHold is the longest that a show may have, for bookings that others are waited for with.
const longHold = 30 * time.Minute

// system is a running system, and what tests need to look behind its doors.
type system struct {
	*private.System
}

// started says that the shared system is wanted.
var started atomic.Bool

// shared is the system that most tests use at once. Tests that break parts of it start their own.
var shared = sync.OnceValues(func() (*system, error) {
	sys, err := openSystem(context.Background())
	if err == nil {
		// Nobody breaks anything here: what has no time, has none because the machine is busy.
		sys.Visitor = sys.Visitor.Persistent()
	}
	return sys, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if started.Load() {
		sys, err := shared()
		if err == nil {
			if code != 0 {
				sys.TellWhatFailed(os.Stderr)
			}
			err = sys.Close(context.Background())
		}
		if err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "close the shared system:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func sharedSystem(t *testing.T) *system {
	t.Helper()
	started.Store(true)
	sys, err := shared()
	require.NoError(t, err)
	return sys
}

// ownSystem is a system for one test alone. Its worker gets these additional environment variables.
func ownSystem(t *testing.T, worker ...string) *system {
	t.Helper()
	return &system{System: private.ForTest(t, "e2e", options(worker...))}
}

func openSystem(ctx context.Context) (*system, error) {
	opened, err := private.Open(ctx, "e2e", options())
	if err != nil {
		return nil, err
	}
	return &system{System: opened}, nil
}

func options(worker ...string) stack.Options {
	env := stack.Patient()
	env[stack.Worker] = append(env[stack.Worker], worker...)
	// Tests write shows into the database and look for them at once.
	env[stack.API] = append(env[stack.API], "API_RETURN_ORIGINS=https://tickets.example.com", "API_PROGRAMME_AGE=0")
	return stack.Options{
		Race: raceDetector,
		Env:  env,
		// Tests say when a refund ends.
		StripesimArgs: []string{"--refund-delay", "0"},
		Log:           func(string) {},
	}
}

// show is a show for one test, in 30 hours, so that the refund policy gives the same at any time of day. It is on a new screen with rows A to F of
// ten seats, at 100.00 each without fees and tax.
func (sys *system) show(t *testing.T, hold time.Duration) string {
	t.Helper()
	return sys.anotherShow(t, "", hold)
}

// anotherShow is one of several that a test has, told apart by name.
func (sys *system) anotherShow(t *testing.T, name string, hold time.Duration) string {
	t.Helper()
	id := strings.Replace(booking.UserID("e2e", t.Name()+name), "us_", "sh_", 1)
	_, err := sys.Owner.Exec(t.Context(), `
		WITH theatre AS (
			INSERT INTO theatres VALUES ('th_'||$1, 'mumbai', $1, 'Test Street', 'Asia/Kolkata', 'INR', 0, 0)
		), screen AS (INSERT INTO screens VALUES ('sc_'||$1, 'th_'||$1, 'Test'))
		, layout AS (INSERT INTO seat_layouts VALUES ('ly_'||$1, 'sc_'||$1, 1))
		INSERT INTO seats (layout_id, label, row_label, number, position, category)
		SELECT 'ly_'||$1, r||n, r, n, n, 'STANDARD' FROM unnest(ARRAY['A','B','C','D','E','F']) r, generate_series(1, 10) n`, id)
	require.NoError(t, err)
	_, err = sys.Owner.Exec(t.Context(), `
		WITH s AS (
			INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, hold_seconds)
			SELECT $1, (SELECT id FROM movies ORDER BY id LIMIT 1), 'sc_'||$1, 'ly_'||$1,
			       date_trunc('minute', now()) + interval '30 hours', date_trunc('minute', now()) + interval '33 hours', 'hi', '2D', $2)
		INSERT INTO show_prices VALUES ($1, 'STANDARD', 10000)`, id, int(hold.Seconds()))
	require.NoError(t, err)
	return id
}

// buyer is a new customer with money in the wallet.
func (sys *system) buyer(t *testing.T, name string, wallet int64) *customer.Customer {
	t.Helper()
	return sys.guest(t, private.Guests{Name: name, Money: wallet}).Customer
}

// operator is a new administrator.
func (sys *system) operator(t *testing.T) *customer.Customer {
	t.Helper()
	return sys.guest(t, private.Guests{Name: "operator", Role: openapi.ADMIN}).Customer
}

// guest is a new user whose name begins with that of the test.
func (sys *system) guest(t *testing.T, guest private.Guests) private.Guest {
	t.Helper()
	guest.Name = t.Name() + "/" + guest.Name
	invited, err := sys.Invite(t.Context(), guest)
	require.NoError(t, err)
	return invited[0]
}

// count runs a query for one number.
func (sys *system) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, sys.Owner.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func refused(t *testing.T, err error, status int, code openapi.ErrorCode) {
	t.Helper()
	require.NotNil(t, refusalOf(t, err, status, code))
}

func refusalOf(t *testing.T, err error, status int, code openapi.ErrorCode) *customer.Refused {
	t.Helper()
	var refusal *customer.Refused
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, status, refusal.Status, "%v", err)
	require.Equal(t, code, refusal.Body.Code)
	return refusal
}

func await(t *testing.T, c *customer.Customer, bookingID string, want booking.Status) openapi.Booking {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := c.Await(ctx, bookingID, want)
	require.NoError(t, err)
	return b
}

// eventually waits for something that has no event of its own.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 50*time.Millisecond, what)
}

func (sys *system) reachable(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, sys.APIURL()+path, http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}
