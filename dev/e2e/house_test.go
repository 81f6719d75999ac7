package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// patience bounds every wait. A killed worker's task comes back after ten seconds, a hanging call to the provider after
// fifteen.
const patience = 4 * time.Minute

// shortHold is how long a hold lasts that a test lets expire: what it does meanwhile has to have its time on a busy machine too.
const shortHold = 15 * time.Second

// longHold is the longest that a show may have, for bookings that others are waited for with.
const longHold = 30 * time.Minute

// house is a running system, and what tests need to look behind its doors.
type house struct {
	*stack.Stack

	dir      string
	owner    *pgxpool.Pool
	temporal client.Client
	visitor  *customer.Customer
}

// started says that the shared system is wanted.
var started atomic.Bool

// shared is the system that most tests use at once. Tests that break parts of it start their own.
var shared = sync.OnceValues(func() (*house, error) {
	h, err := openHouse(context.Background())
	if err == nil {
		// Nobody breaks anything here: what has no time, has none because the machine is busy.
		h.visitor = h.visitor.Persistent()
	}
	return h, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if started.Load() {
		h, err := shared()
		if err == nil {
			if code != 0 {
				h.tellWhatFailed()
			}
			err = h.close(context.Background())
		}
		if err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "close the shared system:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// tellWhatFailed prints why the shared system's API could not answer as it should: its folder is about to go.
func (h *house) tellWhatFailed() {
	content, err := os.ReadFile(h.LogFile(stack.API))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, "request failed") {
			_, _ = fmt.Fprint(os.Stderr, line)
		}
	}
}

func theHouse(t *testing.T) *house {
	t.Helper()
	started.Store(true)
	h, err := shared()
	require.NoError(t, err)
	return h
}

// ownHouse is a system for one test alone, whose worker has more variables.
func ownHouse(t *testing.T, worker ...string) *house {
	t.Helper()
	h, err := openHouse(t.Context(), worker...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.close(t.Context())) })
	return h
}

func openHouse(ctx context.Context, worker ...string) (h *house, err error) {
	dir, err := os.MkdirTemp("", "boxoffice-e2e-")
	if err != nil {
		return nil, err
	}
	// PostgreSQL's account must be able to walk through.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	env := stack.Patient()
	env[stack.Worker] = append(env[stack.Worker], worker...)
	running, err := stack.Start(ctx, stack.Options{
		Dir:  dir,
		Race: raceDetector,
		Env:  env,
		// Tests say when a refund ends.
		StripesimArgs: []string{"--refund-delay", "0"},
		Log:           func(string) {},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	h = &house{Stack: running, dir: dir, visitor: customer.New(running.APIURL(), running.StripeURL())}
	if h.owner, err = pgxpool.New(ctx, running.OwnerDSN()); err != nil {
		return nil, errors.Join(err, h.close(ctx))
	}
	h.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: running.TemporalAddr(), Namespace: stack.Namespace, Logger: log.NewStructuredLogger(silence()),
	})
	if err != nil {
		return nil, errors.Join(err, h.close(ctx))
	}
	return h, nil
}

func (h *house) close(ctx context.Context) error {
	if h.temporal != nil {
		h.temporal.Close()
	}
	if h.owner != nil {
		h.owner.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(h.Stop(ctx), stack.Reset(ctx, h.dir))
}

// show is a show of its own for a test, in 30 hours, so that its policy gives back as much at any time of day, on a new screen with rows A to F of ten
// seats, at 100.00 each without fees and tax.
func (h *house) show(t *testing.T, hold time.Duration) string {
	t.Helper()
	return h.anotherShow(t, "", hold)
}

// anotherShow is one of several that a test has, told apart by name.
func (h *house) anotherShow(t *testing.T, name string, hold time.Duration) string {
	t.Helper()
	id := strings.Replace(booking.UserID("e2e", t.Name()+name), "us_", "sh_", 1)
	_, err := h.owner.Exec(t.Context(), `
		WITH theatre AS (
			INSERT INTO theatres VALUES ('th_'||$1, 'mumbai', $1, 'Test Street', 'Asia/Kolkata', 'INR', 0, 0)
		), screen AS (INSERT INTO screens VALUES ('sc_'||$1, 'th_'||$1, 'Test'))
		, layout AS (INSERT INTO seat_layouts VALUES ('ly_'||$1, 'sc_'||$1, 1))
		INSERT INTO seats (layout_id, label, row_label, number, position, category)
		SELECT 'ly_'||$1, r||n, r, n, n, 'STANDARD' FROM unnest(ARRAY['A','B','C','D','E','F']) r, generate_series(1, 10) n`, id)
	require.NoError(t, err)
	_, err = h.owner.Exec(t.Context(), `
		WITH s AS (
			INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, hold_seconds)
			SELECT $1, (SELECT id FROM movies ORDER BY id LIMIT 1), 'sc_'||$1, 'ly_'||$1,
			       date_trunc('minute', now()) + interval '30 hours', date_trunc('minute', now()) + interval '33 hours', 'hi', '2D', $2)
		INSERT INTO show_prices VALUES ($1, 'STANDARD', 10000)`, id, int(hold.Seconds()))
	require.NoError(t, err)
	return id
}

// buyer is a new customer with money in the wallet, logged in by a token as the API makes them.
func (h *house) buyer(t *testing.T, name string, wallet int64) *customer.Customer {
	t.Helper()
	id := booking.UserID("e2e", t.Name()+"/"+name)
	_, err := h.owner.Exec(t.Context(), `INSERT INTO users (id, email, name) VALUES ($1, $1 || '@example.com', $2)`, id, name)
	require.NoError(t, err)
	_, err = h.owner.Exec(t.Context(), `INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ($1, 'WALLET', $2, 'INR')`,
		booking.WalletID(id, "INR"), id)
	require.NoError(t, err)
	if wallet > 0 {
		_, err = h.owner.Exec(t.Context(), `
			WITH posted AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('gift:' || $1, 'GRANT', 'test') RETURNING reference)
			INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:INR', $2]), unnest(ARRAY[-$3::bigint, $3::bigint]) FROM posted`,
			id, booking.WalletID(id, "INR"), wallet)
		require.NoError(t, err)
	}
	return h.visitor.WithToken(h.token(t, id))
}

// operator is a new administrator.
func (h *house) operator(t *testing.T) *customer.Customer {
	t.Helper()
	id := booking.UserID("e2e", t.Name()+"/operator")
	_, err := h.owner.Exec(t.Context(), `INSERT INTO users (id, email, name, role) VALUES ($1, $1 || '@example.com', 'Operator', 'ADMIN')`, id)
	require.NoError(t, err)
	return h.visitor.WithToken(h.tokenOf(t, id, openapi.ADMIN))
}

// token is a customer's.
func (h *house) token(t *testing.T, userID string) string {
	t.Helper()
	return h.tokenOf(t, userID, openapi.CUSTOMER)
}

func (h *house) tokenOf(t *testing.T, userID string, role openapi.Role) string {
	t.Helper()
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": userID, "role": role,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}).SignedString([]byte(h.Secrets().JWTSecret))
	require.NoError(t, err)
	return token
}

// count runs a query for one number.
func (h *house) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, h.owner.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func silence() *slog.Logger { return slog.New(slog.DiscardHandler) }

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

func (h *house) reachable(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.APIURL()+path, http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}
