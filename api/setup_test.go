package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"github.com/caarlos0/env/v11"
	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/boxoffice/boxoffice/engine"
)

const (
	jwtSecret     = "a secret of tests, long enough to sign"
	webhookSecret = "whsec_tests"
	// patience bounds every wait; nothing that works comes near it, on however busy a machine.
	patience  = 2 * time.Minute
	ticketKey = "a key of tests that signs the tickets"
)

// bundle is a server with all that it works with, for one test.
type bundle struct {
	testing.TB
	server *api.Server
	// admin may do everything in the test's database; the server's own pool has the rights of boxoffice_api.
	admin    *pgxpool.Pool
	temporal *fakeTemporal
	log      *bytes.Buffer
	config   api.Config
	ahead    atomic.Int64              // how far the server's clock is before ours
	stopped  atomic.Pointer[time.Time] // when ours stands, instead of going
}

// engine asks workflows that the test plays.
func (b *bundle) engine() *engine.Engine {
	return engine.New(b.temporal, engine.Patience{Accept: b.config.WorkflowTimeout, Finish: b.config.ProviderTimeout, Survey: b.config.ProviderTimeout})
}

// later moves the server's clock.
func (b *bundle) later(by time.Duration) { b.ahead.Add(int64(by)) }

func (b *bundle) now() time.Time {
	now := time.Now()
	if at := b.stopped.Load(); at != nil {
		now = *at
	}
	return now.Add(time.Duration(b.ahead.Load()))
}

// defaults is the configuration that an environment with nothing but the secrets gives.
func defaults(tb testing.TB) api.Config {
	tb.Helper()
	config, err := env.ParseAsWithOptions[api.Config](env.Options{Environment: map[string]string{
		"JWT_SECRET": jwtSecret, "STRIPE_WEBHOOK_SECRET": webhookSecret, "TICKET_SIGNING_KEY": ticketKey,
	}})
	require.NoError(tb, err)
	return config
}

// setup makes a server on a database with the fixture catalogue. Its pool has the rights of the API, so that a missing grant shows.
func setup(tb testing.TB, change ...func(*api.Config)) *bundle {
	tb.Helper()
	dsn := pgtest.NewDB(tb)
	admin, err := pgxpool.New(tb.Context(), dsn)
	require.NoError(tb, err)
	tb.Cleanup(admin.Close)
	poolConfig, err := pgxpool.ParseConfig(dsn)
	require.NoError(tb, err)
	poolConfig.ConnConfig.RuntimeParams["role"] = "boxoffice_api"
	poolConfig.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(tb.Context(), poolConfig)
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)

	b := &bundle{TB: tb, admin: admin, temporal: &fakeTemporal{lastPolled: time.Now()}, log: &bytes.Buffer{}, config: defaults(tb)}
	b.config.BcryptCost = 4
	// A busy machine is no reason to answer 503: tests of time-outs set their own.
	b.config.RequestTimeout, b.config.WorkflowTimeout, b.config.QueueTimeout, b.config.CheckTimeout = patience+time.Second, patience, patience, patience
	b.config.ProviderTimeout = patience
	// Tests write behind the server's back and look at once: those of what is kept set how long.
	b.config.SeatMapAge, b.config.ProgrammeAge = 0, 0
	for _, f := range change {
		f(&b.config)
	}
	b.server, err = api.New(b.config, api.Deps{
		Pool: pool, Engine: b.engine(), Now: b.now,
		Logger: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(tb, err)
	tb.Cleanup(b.server.Close)
	_, err = admin.Exec(tb.Context(), fixture)
	require.NoError(tb, err)
	return b
}

// call is a request that a test makes.
type call struct {
	method, path string
	body         any // a string goes as it is, anything else as JSON
	user         string
	header       map[string]string
	// ctx is the test's own, unless the caller may leave before.
	ctx context.Context //nolint:containedctx // it is a caller's
}

// answer is what came back; it has been checked against the contract.
type answer struct {
	testing.TB
	status int
	header http.Header
	body   []byte
}

func (b *bundle) do(c call) answer {
	b.Helper()
	var body io.Reader
	switch v := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(v)
	default:
		text, err := json.Marshal(v)
		require.NoError(b, err)
		body = bytes.NewReader(text)
	}
	if c.ctx == nil {
		c.ctx = b.Context()
	}
	request := httptest.NewRequestWithContext(c.ctx, c.method, c.path, body)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.user != "" {
		request.Header.Set("Authorization", "Bearer "+token(b, c.user, nil))
	}
	for name, value := range c.header {
		if value == "" {
			request.Header.Del(name)
			continue
		}
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	b.server.ServeHTTP(recorder, request)
	requireConforms(b, request, recorder.Code, recorder.Header(), recorder.Body.Bytes())
	return answer{TB: b, status: recorder.Code, header: recorder.Header(), body: recorder.Body.Bytes()}
}

func (b *bundle) get(user, path string) answer {
	b.Helper()
	return b.do(call{method: http.MethodGet, path: path, user: user})
}

// post is a POST with an Idempotency-Key of its own.
func (b *bundle) post(user, path, key string, body any) answer {
	b.Helper()
	return b.do(call{method: http.MethodPost, path: path, user: user, body: body, header: map[string]string{"Idempotency-Key": key}})
}

// is requires a status and reads the body.
func (a answer) is(status int, into any) answer {
	a.Helper()
	require.Equal(a, status, a.status, "%s", a.body)
	if into != nil {
		require.NoError(a, json.Unmarshal(a.body, into))
	}
	return a
}

// refuses requires the error shape and gives its details.
func (a answer) refuses(status int, code booking.Code) map[string]any {
	a.Helper()
	var said struct {
		Error struct {
			Code          booking.Code
			Message       string
			Details       map[string]any
			CorrelationID string
		}
	}
	a.is(status, &said)
	require.Equal(a, code, said.Error.Code)
	require.NotEmpty(a, said.Error.Message)
	require.Equal(a, a.header.Get("X-Correlation-Id"), said.Error.CorrelationID)
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		require.NotEmpty(a, a.header.Get("Retry-After"))
	}
	return said.Error.Details
}

// token is a good token of a user; change may spoil it.
func token(tb testing.TB, user string, change func(jwt.MapClaims)) string {
	tb.Helper()
	role, known := map[string]string{sam: "STAFF", ada: "ADMIN", paul: "PARTNER"}[user]
	if !known {
		role = "CUSTOMER"
	}
	claims := jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": user, "role": role,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	if change != nil {
		change(claims)
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(jwtSecret))
	require.NoError(tb, err)
	return signed
}

func (b *bundle) exec(statement string, args ...any) {
	b.Helper()
	_, err := b.admin.Exec(b.Context(), statement, args...)
	require.NoError(b, err)
}

func (b *bundle) count(query string, args ...any) (n int) {
	b.Helper()
	require.NoError(b, b.admin.QueryRow(b.Context(), query, args...).Scan(&n))
	return n
}
