package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/api/customer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/limits"
	"github.com/boxoffice/boxoffice/api/operator"
	"github.com/boxoffice/boxoffice/api/partner"
	"github.com/boxoffice/boxoffice/api/staff"
	"github.com/boxoffice/boxoffice/api/webhooks"
	"github.com/boxoffice/boxoffice/catalogue"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
	"github.com/boxoffice/boxoffice/inbox"
	"github.com/boxoffice/boxoffice/operations"
	"github.com/boxoffice/boxoffice/sales"
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
	config   Config
	log      *slog.Logger
	now      func() time.Time
	tokens   identity.Tokens
	accounts *accounts.Accounts
	sales    *sales.Sales

	perUser *limits.Rate
	// registering and wrongLogins bound what an address may try.
	registering *limits.Rate
	wrongLogins *limits.Failures

	handler http.Handler
	close   context.CancelFunc
}

// The faces, one for each audience.
type (
	customers      = customer.Handlers
	doorStaff      = staff.Handlers
	partners       = partner.Handlers
	administrators = operator.Handlers
	callbacks      = webhooks.Handlers
)

// faces implement openapi.ServerInterface together: it does not compile while an operation is missing, or two have it.
type faces struct {
	*customers
	*doorStaff
	*partners
	*administrators
	*callbacks
	*health
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
	served, err := forClients(contract)
	if err != nil {
		return nil, err
	}
	operations, err := operationsOf(contract)
	if err != nil {
		return nil, err
	}
	if err := checkAccess(operations); err != nil {
		return nil, err
	}
	s := &Server{
		config: config, log: deps.Logger, now: deps.Now,
		perUser:     limits.NewRate(config.UserRate, config.UserBurst),
		registering: limits.NewRate(float64(config.AuthRate)/60, config.AuthRate), wrongLogins: limits.NewFailures(config.AuthRate),
	}
	handlers, err := s.faces(deps)
	if err != nil {
		return nil, err
	}
	if s.handler, err = s.router(handlers, operations, served); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// faces makes the use cases, and what translates between them and the contract.
func (s *Server) faces(deps Deps) (all faces, err error) {
	queries := db.New(deps.Pool)
	s.accounts, err = accounts.New(accounts.Options{
		Queries: queries, Issuer: s.config.JWTIssuer, BcryptCost: s.config.BcryptCost, Now: deps.Now,
	})
	if err != nil {
		return all, err
	}
	programme, err := catalogue.New(queries)
	if err != nil {
		return all, err
	}
	s.sales = sales.New(sales.Options{
		Pool: deps.Pool, Engine: deps.Engine, Logger: deps.Logger, Now: deps.Now, TicketKey: []byte(s.config.TicketSigningKey), ReturnOrigins: s.config.ReturnOrigins,
		Patience: s.config.WorkflowTimeout, ConcurrentHolds: s.config.ConcurrentHolds, QueuePatience: s.config.QueueTimeout,
	})
	running := operations.New(operations.Options{
		Pool: deps.Pool, Engine: deps.Engine, Now: deps.Now, TemporalNamespace: s.config.TemporalNamespace,
		Patience: s.config.RequestTimeout, ProviderPatience: s.config.ProviderTimeout,
	})
	events := inbox.New(inbox.Options{
		Pool: deps.Pool, Engine: deps.Engine, Logger: deps.Logger, Now: deps.Now, Deployment: s.config.Deployment,
		Secrets: s.config.webhookSecrets(), Patience: s.config.RequestTimeout,
	})
	return faces{
		customers: customer.New(customer.Options{
			Sales: s.sales, Catalogue: programme, Accounts: s.accounts, Issuer: s.readTokens(deps), AttemptsPerMinute: s.config.AuthRate,
			PublishableKey: s.config.StripePublishableKey, PaymentPage: cmp.Or(s.config.PaymentPage, s.config.PublicURL+paymentPagePath), Now: deps.Now,
			ReadPatience: s.config.RequestTimeout / 2, // a read that hangs leaves time for another
			SeatMapAge:   s.config.SeatMapAge, ProgrammeAge: s.config.ProgrammeAge,
		}),
		doorStaff:      staff.New(s.sales),
		partners:       partner.New(running),
		administrators: operator.New(operator.Options{Pool: deps.Pool, Operations: running, Inbox: events}),
		callbacks:      webhooks.New(events),
		health:         &health{pool: deps.Pool, engine: deps.Engine, log: deps.Logger, now: deps.Now, patience: s.config.CheckTimeout},
	}, nil
}

// readTokens decides whose tokens are read, and gives what makes those of our own; nil when an outside identity provider does.
func (s *Server) readTokens(deps Deps) *identity.Issuer {
	ctx, cancel := context.WithCancel(context.Background())
	s.close = cancel
	if s.config.JWKSURL != "" {
		s.tokens = identity.NewOutsideTokens(ctx, identity.OutsideOptions{
			KeysURL: s.config.JWKSURL, Issuer: s.config.JWTIssuer, Audience: s.config.JWTAudience, Now: deps.Now, Logger: deps.Logger,
		})
		return nil
	}
	issuer := &identity.Issuer{
		Secret: []byte(s.config.JWTSecret), Issuer: s.config.JWTIssuer, Audience: s.config.JWTAudience, Lifetime: s.config.JWTLifetime, Now: deps.Now,
	}
	s.tokens = issuer
	return issuer
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
	s.sales.EmptyQueue()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.patience()+time.Second)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("stop: %w", err), server.Close())
	}
	return nil
}
