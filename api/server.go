package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// Deps is what the API works with. The caller owns it all and closes it after the server.
type Deps struct {
	// Pool connects as a role with the rights of boxoffice_api.
	Pool *pgxpool.Pool
	// Engine should be of a lazy client, so that browsing works while Temporal is away.
	Engine *engine.Engine
	// Logger gets one record per request, and the causes of 5xx answers.
	Logger *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Server answers the calls of the contract. It is an http.Handler.
type Server struct {
	config  Config
	log     *slog.Logger
	handler http.Handler
	close   context.CancelFunc
	// emptyQueue turns away who waits for a turn to hold seats.
	emptyQueue func()
}

// handlers implements the generated openapi.ServerInterface.
type handlers struct {
	config  Config
	log     *slog.Logger
	now     func() time.Time
	pool    *pgxpool.Pool
	queries *db.Queries
	engine  *engine.Engine

	tokens    tokenChecker
	issuer    *localIssuer // nil when an outside identity provider is configured
	passwords *passwords
	tickets   ticketSigner
	zones     *zones
	layouts   *cache[string, *layout]
	standings *cache[string, standing]
	holds     *admission
	queuers   *queuers
	pages     *shared[[]byte]
	prechecks *together[booking.Request, db.BookingPrechecksRow]

	perUser   *rateLimiter
	logins    entryLimits
	registers entryLimits
	// registering and wrongLogins bound what an address may try.
	registering *rateLimiter
	wrongLogins *failureLimiter
	ready       readiness
	// signatures watches the signatures of the provider's events, and sizes how long these are.
	signatures, sizes deliveryWatch

	// closing is closed when the server is to stop: who waits for a turn need not wait for longer.
	closing chan struct{}
}

// New makes a server. It reaches for nothing yet: PostgreSQL and Temporal may come later. Close it, or let Serve do so.
func New(config Config, deps Deps) (*Server, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("api configuration: %w", err)
	}
	if deps.Pool == nil || deps.Engine == nil || deps.Logger == nil {
		return nil, errors.New("api: a pool, an engine and a logger are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	h := &handlers{
		config: config, log: deps.Logger, now: deps.Now,
		pool: deps.Pool, queries: db.New(deps.Pool), engine: deps.Engine,
		tickets:   ticketSigner{key: []byte(config.TicketSigningKey)},
		zones:     newZones(),
		layouts:   newCache[string, *layout](maxLayouts),
		standings: newCache[string, standing](maxStandings),
		holds:     newAdmission(config.ConcurrentHolds),
		queuers:   newQueuers(),
		closing:   make(chan struct{}),
		// A read that hangs leaves time for another.
		pages: newShared[[]byte](config.RequestTimeout / 2),
		prechecks: &together[booking.Request, db.BookingPrechecksRow]{
			read: readPrechecks(db.New(deps.Pool)), readers: precheckReaders, most: precheckMost, backlog: maxQueuers, patience: config.WorkflowTimeout,
		},
		perUser: newRateLimiter(config.UserRate, config.UserBurst),
		logins:  newEntryLimits(config.AuthRate), registers: newEntryLimits(config.AuthRate),
		registering: newRateLimiter(float64(config.AuthRate)/60, config.AuthRate), wrongLogins: newFailureLimiter(config.AuthRate),
		signatures: deliveryWatch{enough: badSignatures}, sizes: deliveryWatch{enough: 1},
	}
	served, err := forClients(contract)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if config.JWKSURL != "" {
		h.tokens = newOutsideTokens(ctx, config, deps.Now, deps.Logger)
	} else {
		h.issuer = &localIssuer{secret: []byte(config.JWTSecret), issuer: config.JWTIssuer, audience: config.JWTAudience, lifetime: config.JWTLifetime, now: deps.Now}
		h.tokens = h.issuer
		h.passwords, err = newPasswords(config.BcryptCost, runtime.GOMAXPROCS(0))
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &Server{config: config, log: deps.Logger, handler: h.router(served), close: cancel, emptyQueue: sync.OnceFunc(func() { close(h.closing) })}, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends what runs in the background: the refreshing of an outside identity provider's keys.
func (s *Server) Close() { s.close() }

// Serve listens at the address and answers until ctx ends; then it lets the requests under way finish. A nil error means an orderly end.
func (s *Server) Serve(ctx context.Context, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return s.ServeListener(ctx, listener)
}

// ServeListener is Serve on a listener that exists already; it closes it.
func (s *Server) ServeListener(ctx context.Context, listener net.Listener) error {
	defer s.Close()
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      s.config.longest() + 5*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	s.log.Info("api listens", "address", listener.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.emptyQueue()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.patience()+time.Second)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("stop: %w", err), server.Close())
	}
	return nil
}

// newEcho keeps Echo quiet: the log is ours.
func newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	return e
}
