package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.get("", "/livez").is(http.StatusOK, nil)
	var ready openapi.Readiness
	b.get("", "/readyz").is(http.StatusOK, &ready)
	ok := openapi.Check{Status: "ok"}
	require.Equal(t, openapi.Readiness{
		Status: "ready", Browsing: "available", Booking: "available", Checks: openapi.Checks{Postgres: ok, Temporal: ok, Worker: ok},
	}, ready)

	b.later(time.Second)
	b.temporal.lastPolled = time.Now().Add(-2 * time.Minute)
	b.get("", "/readyz").is(http.StatusOK, &ready)
	require.Equal(t, "unavailable", ready.Booking)
	require.Equal(t, "ok", ready.Checks.Temporal.Status)
	require.Equal(t, "unavailable", ready.Checks.Worker.Status)

	b.later(time.Second)
	b.temporal.unhealthy = errors.New("dial tcp 10.0.0.7:7233")
	got := b.get("", "/readyz").is(http.StatusOK, &ready)
	require.Equal(t, "available", ready.Browsing)
	require.Equal(t, "unavailable", ready.Checks.Temporal.Status)
	require.NotContains(t, string(got.body), "10.0.0.7")
}

func TestHealthIsCheckedOnceForAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() { b.get("", "/readyz") })
	}
	callers.Wait()
	require.LessOrEqual(t, b.temporal.checks, 2, "a second round when the machine is slow")
	before := b.temporal.checks
	b.later(time.Second)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	b.server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
	var ready openapi.Readiness
	b.get("", "/readyz").is(http.StatusOK, &ready)
	require.Equal(t, "available", ready.Booking, "who hangs up does not spoil the others' answer")
	require.LessOrEqual(t, b.temporal.checks, before+2)
}

func TestCallersHangUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, hangUp := context.WithCancel(t.Context())
	b.temporal.onHold = func(ctx context.Context, _ booking.Request) (booking.Hold, error) {
		hangUp()
		<-ctx.Done()
		return booking.Hold{}, client.NewWorkflowUpdateServiceTimeoutOrCanceledError(ctx.Err())
	}
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, bookings, strings.NewReader(`{"showId":"sh_hindi","seatIds":["A1"]}`))
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "Idempotency-Key": {"key-00001"}, "Authorization": {"Bearer " + token(t, asha, nil)},
	}
	b.server.ServeHTTP(httptest.NewRecorder(), request)
	require.Regexp(t, `level=DEBUG msg=request .*status=499`, b.log.String())
	require.NotRegexp(t, `level=(INFO|WARN|ERROR)`, b.log.String())
}

// withoutPostgres is a server whose PostgreSQL does not exist.
func withoutPostgres(t *testing.T) *bundle {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b := &bundle{TB: t, temporal: &fakeTemporal{lastPolled: time.Now()}, config: defaults(t)}
	b.server, err = api.New(b.config, api.Deps{Pool: pool, Engine: b.engine(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(b.server.Close)
	return b
}

func TestWithoutPostgres(t *testing.T) {
	t.Parallel()
	b := withoutPostgres(t)
	var ready openapi.Readiness
	b.get("", "/readyz").is(http.StatusServiceUnavailable, &ready)
	require.Equal(t, "unavailable", ready.Status)
	require.Equal(t, "unavailable", ready.Booking)
	got := b.get("", "/api/v1/cities")
	got.refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	require.NotContains(t, string(got.body), "127.0.0.1")
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.deliver(intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil), time.Now(), webhookSecret).
		refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.get("", "/livez").is(http.StatusOK, nil)
}

func TestCorrelation(t *testing.T) {
	t.Parallel()
	b := withoutPostgres(t)
	with := func(id string) string {
		return b.do(call{method: http.MethodGet, path: "/livez", header: map[string]string{"X-Correlation-Id": id}}).header.Get("X-Correlation-Id")
	}
	require.Equal(t, "web-7.a_B", with("web-7.a_B"))
	for _, bad := range []string{"", "two words", strings.Repeat("x", 65), "né", "a\nb"} {
		require.Regexp(t, `^[a-z0-9]{26}$`, with(bad))
	}
}

func TestPanicIsADefect(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) { panic("secret internals") }
	got := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1"))
	got.refuses(http.StatusInternalServerError, booking.CodeInternal)
	require.NotContains(t, string(got.body), "secret")
	require.Contains(t, b.log.String(), "secret internals")
	require.Contains(t, b.log.String(), got.header.Get("X-Correlation-Id"))
}

func TestAddressesThatDoNotExist(t *testing.T) {
	t.Parallel()
	b := withoutPostgres(t)
	b.get("", "/api/v2/cities").refuses(http.StatusNotFound, booking.CodeNotFound)
	b.do(call{method: http.MethodDelete, path: bookings}).refuses(http.StatusMethodNotAllowed, booking.CodeNotFound)
	for _, path := range []string{"/api/v1/shows//seats", "/api/v1/shows/", "/api/v1/shows/%25zz", "/api/v1/cities//movies//shows"} {
		b.get(asha, path).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
	for _, path := range []string{"//cancel", "//payments"} {
		b.post(asha, bookings+path, "key-00001", pay("CARD")).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	b := withoutPostgres(t)
	header := b.get("", "/livez").header
	require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
	require.Equal(t, "DENY", header.Get("X-Frame-Options"))
	require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-store", header.Get("Cache-Control"))
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	from := map[string]string{"Origin": "https://shop.example.com"}
	closed := withoutPostgres(t)
	require.Empty(t, closed.do(call{method: http.MethodGet, path: "/livez", header: from}).header.Get("Access-Control-Allow-Origin"))
	open := setup(t, func(c *api.Config) { c.CORSOrigins = []string{"https://shop.example.com"} })
	require.Equal(t, "https://shop.example.com", open.do(call{method: http.MethodGet, path: "/livez", header: from}).header.Get("Access-Control-Allow-Origin"))
	other := open.do(call{method: http.MethodGet, path: "/livez", header: map[string]string{"Origin": "https://evil.example.com"}})
	require.Empty(t, other.header.Get("Access-Control-Allow-Origin"))
}

func TestContractIsServed(t *testing.T) {
	t.Parallel()
	b := withoutPostgres(t)
	got := b.get("", "/openapi.yaml").is(http.StatusOK, nil)
	require.Contains(t, string(got.body), "operationId: createBooking")
	page := b.get("", "/docs").is(http.StatusOK, nil)
	require.Contains(t, string(page.body), "/openapi.yaml")
	require.NotRegexp(t, `(src|href)="(https?:)?//`, string(page.body), "the page needs nothing from elsewhere")
	b.get("", "/docs/swagger-ui-bundle.js").is(http.StatusOK, nil)
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*api.Config){
		"JWT_SECRET":            func(c *api.Config) { c.JWTSecret = "short" },
		"TICKET_SIGNING_KEY":    func(c *api.Config) { c.TicketSigningKey = "" },
		"STRIPE_WEBHOOK_SECRET": func(c *api.Config) { c.StripeWebhookSecret = "" },
		"none of several":       func(c *api.Config) { c.StripeWebhookSecret = "whsec_next," },
		"API_WORKFLOW_TIMEOUT":  func(c *api.Config) { c.WorkflowTimeout = time.Minute },
		"BOXOFFICE_DEPLOYMENT":  func(c *api.Config) { c.Deployment = "" },
		"JWT_JWKS_URL":          func(c *api.Config) { c.JWKSURL = "http://id.example.com/keys" },
		"API_CONCURRENT_HOLDS":  func(c *api.Config) { c.ConcurrentHolds = 0 },
		"API_TRUSTED_PROXIES":   func(c *api.Config) { c.TrustedProxies = []string{"everybody"} },
		"rate limits":           func(c *api.Config) { c.AuthRate = 0 },
	} {
		config := defaults(t)
		change(&config)
		_, err := api.New(config, api.Deps{})
		require.ErrorContains(t, err, name)
	}
	_, err := api.New(defaults(t), api.Deps{})
	require.ErrorContains(t, err, "pool")
}

func TestServeEndsInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	entered, goOn := make(chan struct{}), make(chan struct{})
	b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) {
		close(entered)
		<-goOn
		return booking.Hold{}, refuse(booking.SeatsTaken("sh_hindi", []string{"A1"}))
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.server.ServeListener(ctx, listener) }()

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+bookings,
		strings.NewReader(`{"showId":"sh_hindi","seatIds":["A1"]}`))
	require.NoError(t, err)
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "Idempotency-Key": {"key-00001"}, "Authorization": {"Bearer " + token(t, asha, nil)},
	}
	status := make(chan int, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			status <- 0
			return
		}
		status <- response.StatusCode
		_ = response.Body.Close()
	}()
	<-entered
	stop()
	require.Never(t, func() bool { return len(ended) > 0 }, 50*time.Millisecond, 10*time.Millisecond, "a request is under way")
	close(goOn)
	require.Equal(t, http.StatusConflict, <-status)
	require.NoError(t, <-ended)

	require.ErrorContains(t, b.server.Serve(t.Context(), "127.0.0.1:99999"), "listen")
}

// After a failover the API is back as soon as PostgreSQL is, whatever its sessions lead to.
func TestAServerThatTakesNoChangesIsNoticedAndLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pool, err := db.Open(t.Context(), b.admin.Config().ConnString()+"&role=boxoffice_api", db.PoolOptions{
		Application: "api-test", MaxConns: 4, StatementTimeout: time.Minute,
	})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	b.server, err = api.New(b.config, api.Deps{Pool: pool, Engine: b.engine(), Now: b.now, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(b.server.Close)
	configure := func(how string) {
		b.exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I " + how + "', current_database()); END $$")
		b.exec("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'api-test'")
	}
	newcomer := credentials("mira@example.com", "three-green-lamps", "Mira")
	var ready openapi.Readiness
	becomes := func(status int) { // the machine may be too slow for a check
		t.Helper()
		require.Eventually(t, func() bool {
			b.later(time.Minute) // what was found is taken to hold for a moment
			return b.get("", "/readyz").status == status
		}, time.Minute, 10*time.Millisecond)
	}
	becomes(http.StatusOK)

	configure("SET default_transaction_read_only = on")
	b.post("", register, "", newcomer).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.later(time.Minute)
	b.get("", "/readyz").is(http.StatusServiceUnavailable, &ready)
	require.Equal(t, "unavailable", ready.Checks.Postgres.Status)

	configure("RESET default_transaction_read_only")
	becomes(http.StatusOK)
	b.post("", register, "", newcomer).is(http.StatusCreated, nil)
}

// HEAD is answered as GET is, without a body.
func TestHeadIsAnsweredWhereGetIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := httptest.NewServer(b.server)
	t.Cleanup(server.Close)
	for path, want := range map[string]int{
		"/livez": http.StatusOK, "/readyz": http.StatusOK, "/openapi.yaml": http.StatusOK, "/docs": http.StatusOK, "/api/v1/cities": http.StatusOK,
		"/api/v1/bookings": http.StatusUnauthorized, "/api/v1/auth/login": http.StatusMethodNotAllowed, "/none": http.StatusNotFound,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+path, nil)
		require.NoError(t, err)
		answer, err := server.Client().Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode, path)
		require.Empty(t, body, path)
		require.NotEmpty(t, answer.Header.Get("X-Correlation-Id"), path)
	}
}
