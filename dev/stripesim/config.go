package stripesim

import (
	"log/slog"
	"net/http"
	"time"
)

// Config says how a Server behaves. The zero value works: it accepts every test
// key and sends no webhooks.
type Config struct {
	// SecretKey is the one secret key to accept; empty accepts every sk_test_ key.
	SecretKey string
	// WebhookSecret signs the webhooks. Without it nothing is sent.
	WebhookSecret string
	// WebhookURL gets the webhooks; it can be set later with SetWebhookURL.
	WebhookURL string
	// APIVersion is the version that events carry. Default: 2023-10-16.
	APIVersion string
	// WebhookTimeout bounds one delivery. Default: 10 s.
	WebhookTimeout time.Duration
	// RetryFirst is the pause before the first retry of a delivery; it doubles
	// up to RetryMax. Defaults: 500 ms and 30 s.
	RetryFirst, RetryMax time.Duration
	// RetryAttempts is how often a delivery is tried in all. Default: 20, which
	// takes about eight minutes.
	RetryAttempts int
	// RefundDelay is after how long a pending refund succeeds, or one that is
	// bound to fail does, by itself; zero leaves both to /_sim/refunds/{id}/settle.
	RefundDelay time.Duration
	// MaxObjects bounds each kind of object. Default: 100,000.
	MaxObjects int
	// StateFile keeps the state across restarts; empty keeps it in memory alone.
	StateFile string
	// Now is the clock for what is written into objects and for the age of
	// idempotency keys. Default: time.Now.
	Now func() time.Time
	// Logger defaults to none.
	Logger *slog.Logger
	// HTTPClient delivers the webhooks. Default: one that follows no redirects.
	HTTPClient *http.Client
}

// DefaultAPIVersion is the version that stripe-go v76 expects in events.
const DefaultAPIVersion = "2023-10-16"

func (c Config) withDefaults() Config {
	orDefault(&c.APIVersion, DefaultAPIVersion)
	orDefault(&c.WebhookTimeout, 10*time.Second)
	orDefault(&c.RetryFirst, 500*time.Millisecond)
	orDefault(&c.RetryMax, 30*time.Second)
	orDefault(&c.RetryAttempts, 20)
	orDefault(&c.MaxObjects, 100_000)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{
			Timeout: c.WebhookTimeout,
			// Deliveries keep their connections: with one each, thousands in a row would use up the ports.
			Transport:     &http.Transport{MaxIdleConnsPerHost: maxParallelDeliveries, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return c
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
