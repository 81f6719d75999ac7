package provider

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/refund"

	"github.com/boxoffice/boxoffice/booking"
)

// DefaultTimeout is how long one HTTP request to Stripe may take.
const DefaultTimeout = 10 * time.Second

// Config says how to reach Stripe.
type Config struct {
	// SecretKey is the account's secret or restricted key. Required.
	SecretKey string `env:"STRIPE_SECRET_KEY"`
	// URL is the API's base URL; empty means Stripe itself. A live key is sent
	// over https only.
	URL string `env:"STRIPE_API_URL"`
	// Deployment names this system among those that share the account at the
	// provider; empty means booking.DefaultDeployment. The API has to be given
	// the same name.
	Deployment string `env:"BOXOFFICE_DEPLOYMENT"`
	// Timeout bounds one HTTP request; zero means DefaultTimeout. A method may
	// make several.
	Timeout time.Duration `env:"STRIPE_TIMEOUT"`
	// Logger gets a line for every request, without bodies; nil means none.
	Logger *slog.Logger
}

// Stripe is the Provider that talks to Stripe's API. Make it with NewStripe.
type Stripe struct {
	key        string
	deployment string
	intents    paymentintent.Client
	refunds    refund.Client
	log        *slog.Logger
}

var _ Provider = (*Stripe)(nil)

// NewStripe makes the adapter. It sends nothing yet, and shares nothing with other adapters except the process's network.
func NewStripe(cfg Config) (*Stripe, error) {
	if strings.TrimSpace(cfg.SecretKey) == "" {
		return nil, errors.New("provider: a secret key is required")
	}
	if cfg.URL == "" {
		cfg.URL = stripe.APIURL
	}
	if err := checkURL(cfg.URL, cfg.SecretKey); err != nil {
		return nil, err
	}
	if cfg.Deployment == "" {
		cfg.Deployment = booking.DefaultDeployment
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		EnableTelemetry: stripe.Bool(false),
		HTTPClient:      httpClient(cfg.Timeout, cfg.Logger),
		// Stripe's own log lines quote bodies; the transport writes ours.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		// Activities retry, where it can be seen.
		MaxNetworkRetries: stripe.Int64(0),
		URL:               stripe.String(cfg.URL),
	})
	return &Stripe{
		key:        cfg.SecretKey,
		deployment: cfg.Deployment,
		intents:    paymentintent.Client{B: backend, Key: cfg.SecretKey},
		refunds:    refund.Client{B: backend, Key: cfg.SecretKey},
		log:        cfg.Logger,
	}, nil
}

func checkURL(raw, key string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("provider: the API URL must be http(s)://host[:port]")
	}
	if u.Scheme == "http" && strings.Contains(key, "_live_") {
		return fmt.Errorf("provider: a live key is not sent over plain http to %s", u.Host)
	}
	return nil
}

func httpClient(timeout time.Duration, log *slog.Logger) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout: timeout,
		Transport: &transport{log: log, next: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          64,
			MaxIdleConnsPerHost:   64,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   timeout,
			ExpectContinueTimeout: time.Second,
		}},
		// The key goes to the configured host and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
