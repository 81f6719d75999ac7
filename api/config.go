package api

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/engine"
)

// minSecret is the length in bytes below which a secret is refused: as long as the hash it feeds.
const minSecret = 32

// How old answers that many share may be at most: as the contract promises.
const (
	maxSeatMapAge   = 50 * time.Millisecond
	maxProgrammeAge = time.Second
)

// Config is what whoever deploys the API decides. The zero value is not usable: fill it from the environment, where every
// field but the secrets has a default.
type Config struct {
	// Address is where the API listens.
	Address string `env:"BOXOFFICE_API_ADDR" envDefault:"127.0.0.1:8080"`

	// JWTSecret signs and checks the tokens of login (HS256); at least 32 bytes. Not needed with JWKSURL.
	JWTSecret string `env:"JWT_SECRET"`
	// JWTIssuer and JWTAudience are what a token's iss and aud must say.
	JWTIssuer   string `env:"JWT_ISSUER" envDefault:"boxoffice"`
	JWTAudience string `env:"JWT_AUDIENCE" envDefault:"boxoffice"`
	// JWTLifetime is how long a token of login is good for.
	JWTLifetime time.Duration `env:"JWT_LIFETIME" envDefault:"12h"`
	// JWKSURL is where an outside identity provider publishes its keys; https, but on this machine. With it, only RS256 tokens of that provider are
	// accepted, and this system registers and logs in nobody itself.
	JWKSURL string `env:"JWT_JWKS_URL"`
	// BcryptCost is the work of hashing a password, 4 to 31; each step doubles it.
	BcryptCost int `env:"BCRYPT_COST" envDefault:"12"`

	// Deployment is the name of this system at the payment provider, whose account it may share with others. Events of an intent
	// with another deployment's name, or none, are ignored.
	Deployment string `env:"BOXOFFICE_DEPLOYMENT" envDefault:"boxoffice"`
	// StripeWebhookSecret checks the signatures of the payment provider's events. While it is being replaced it is two, separated by a comma.
	StripeWebhookSecret string `env:"STRIPE_WEBHOOK_SECRET"`
	// StripePublishableKey is handed to browsers with a card payment; may be empty.
	StripePublishableKey string `env:"STRIPE_PUBLISHABLE_KEY"`
	// PublicURL is where customers reach this API, without a slash at its end.
	PublicURL string `env:"API_PUBLIC_URL" envDefault:"http://127.0.0.1:8080"`
	// PaymentPage is the page where a customer enters a card; empty for the one at /pay of this API.
	PaymentPage string `env:"API_PAYMENT_PAGE"`
	// ReturnOrigins are the https origins that customers may be sent back to after a payment; none by default.
	ReturnOrigins []string `env:"API_RETURN_ORIGINS"`
	// TicketSigningKey signs what the QR codes of tickets hold; at least 32 bytes.
	TicketSigningKey string `env:"TICKET_SIGNING_KEY"`

	// TemporalNamespace is where Temporal's web UI shows the workflows.
	TemporalNamespace string `env:"TEMPORAL_NAMESPACE" envDefault:"default"`

	// RequestTimeout is for a whole request, but for those that wait for the payment provider or for their turn to hold seats.
	RequestTimeout time.Duration `env:"API_REQUEST_TIMEOUT" envDefault:"2900ms"`
	// WorkflowTimeout is how long a request waits for Temporal and a worker to take its update on; shorter than RequestTimeout.
	WorkflowTimeout time.Duration `env:"API_WORKFLOW_TIMEOUT" envDefault:"2500ms"`
	// ProviderTimeout is how much longer paying and cancelling wait for their outcome.
	ProviderTimeout time.Duration `env:"API_PROVIDER_TIMEOUT" envDefault:"20s"`

	// ConcurrentHolds is how many requests of this process may ask Temporal to hold seats at once; the others wait for their turn.
	ConcurrentHolds int `env:"API_CONCURRENT_HOLDS" envDefault:"16"`
	// QueueTimeout is how long such a turn may be waited for while Temporal decides about the holds of others; when it decides about none,
	// WorkflowTimeout is all. What stands between the API and its callers must be as patient.
	QueueTimeout time.Duration `env:"API_QUEUE_TIMEOUT" envDefault:"30s"`
	// CheckTimeout bounds the checks of readyz, which are made at once. It is shorter than RequestTimeout.
	CheckTimeout time.Duration `env:"API_CHECK_TIMEOUT" envDefault:"1s"`

	// SeatMapAge is how old a seat map may be when somebody asks for it, up to 50ms, and ProgrammeAge how old what plays where and when may be, with
	// the number of seats that are left, up to 1s: the contract promises no less. With 0 nobody gets what was read before he asked.
	SeatMapAge   time.Duration `env:"API_SEAT_MAP_AGE" envDefault:"50ms"`
	ProgrammeAge time.Duration `env:"API_PROGRAMME_AGE" envDefault:"1s"`

	// UserRate and UserBurst limit the requests per second of a user, or of an address when anonymous.
	UserRate  float64 `env:"API_RATE_PER_SECOND" envDefault:"50"`
	UserBurst int     `env:"API_RATE_BURST" envDefault:"100"`
	// AuthRate limits attempts to log in, and apart from them those to register, per minute: for each address, where right logins do not
	// count, and for each e-mail from one address; from everywhere an e-mail has ten times as many. All of a minute's attempts may come at once.
	AuthRate int `env:"API_AUTH_RATE_PER_MINUTE" envDefault:"10"`
	// TrustedProxies are the networks (CIDR) whose X-Forwarded-For is believed; ports in it do not matter. Without any, the peer's address counts.
	TrustedProxies []string `env:"API_TRUSTED_PROXIES"`
	// CORSOrigins are the web origins that may call the API from a browser; none by default.
	CORSOrigins []string `env:"API_CORS_ORIGINS"`
}

// validate says what is missing or cannot be, all of it at once.
func (c Config) validate() error {
	var errs []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	need(c.JWKSURL != "" || len(c.JWTSecret) >= minSecret, "JWT_SECRET must have at least %d bytes, or JWT_JWKS_URL be set", minSecret)
	need(c.JWTIssuer != "" && c.JWTAudience != "", "JWT_ISSUER and JWT_AUDIENCE must be set")
	need(c.JWTLifetime > 0, "JWT_LIFETIME must be positive")
	need(c.BcryptCost >= 4 && c.BcryptCost <= 31, "BCRYPT_COST must be 4 to 31")
	need(c.Deployment != "", "BOXOFFICE_DEPLOYMENT must be set")
	need(c.hasWebhookSecrets(), "STRIPE_WEBHOOK_SECRET must be set, and none of several separated by commas be empty")
	need(len(c.TicketSigningKey) >= minSecret, "TICKET_SIGNING_KEY must have at least %d bytes", minSecret)
	need(c.WorkflowTimeout > 0 && c.WorkflowTimeout < c.RequestTimeout, "API_WORKFLOW_TIMEOUT must be shorter than API_REQUEST_TIMEOUT")
	need(c.ProviderTimeout > 0, "API_PROVIDER_TIMEOUT must be positive")
	need(c.ConcurrentHolds > 0, "API_CONCURRENT_HOLDS must be positive")
	need(c.QueueTimeout > 0, "API_QUEUE_TIMEOUT must be positive")
	need(c.CheckTimeout > 0 && c.CheckTimeout < c.RequestTimeout, "API_CHECK_TIMEOUT must be positive and shorter than API_REQUEST_TIMEOUT")
	need(c.SeatMapAge >= 0 && c.SeatMapAge <= maxSeatMapAge, "API_SEAT_MAP_AGE must be 0 to %s", maxSeatMapAge)
	need(c.ProgrammeAge >= 0 && c.ProgrammeAge <= maxProgrammeAge, "API_PROGRAMME_AGE must be 0 to %s", maxProgrammeAge)
	need(c.UserRate > 0 && c.UserBurst > 0 && c.AuthRate > 0, "the rate limits must be positive")
	for _, origin := range c.ReturnOrigins {
		address, err := url.Parse(origin)
		need(err == nil && address.Scheme == "https" && address.Host != "" && origin == "https://"+address.Host,
			"API_RETURN_ORIGINS: %q is no origin such as https://tickets.example.com", origin)
	}
	if c.JWKSURL != "" {
		errs = append(errs, identity.CheckKeysURL(c.JWKSURL))
	}
	if _, err := c.trustedNetworks(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) trustedNetworks() ([]netip.Prefix, error) {
	networks := make([]netip.Prefix, 0, len(c.TrustedProxies))
	for _, text := range c.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("API_TRUSTED_PROXIES: %w", err)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

// patience is how long a request may take that waits for the payment provider.
func (c Config) patience() time.Duration { return c.RequestTimeout + c.ProviderTimeout }

// longestSurvey bounds how long Temporal is asked what is stuck: an operator looks at a screen meanwhile.
const longestSurvey = 8 * time.Second

// EnginePatience is that of the engine which the API asks.
func (c Config) EnginePatience() engine.Patience {
	return engine.Patience{Accept: c.WorkflowTimeout, Finish: c.ProviderTimeout, Survey: min(longestSurvey, c.ProviderTimeout)}
}

// queueing is how long a request may take that waits for its turn to hold seats.
func (c Config) queueing() time.Duration { return c.RequestTimeout + c.QueueTimeout }

// longest is how long any request may take.
func (c Config) longest() time.Duration { return max(c.RequestTimeout, c.patience(), c.queueing()) }

// webhookSecrets are all that an event may be signed with: while one is being replaced, the provider may still use the other.
func (c Config) webhookSecrets() []string {
	secrets := strings.Split(c.StripeWebhookSecret, ",")
	for i, secret := range secrets {
		secrets[i] = strings.TrimSpace(secret)
	}
	return secrets
}

// hasWebhookSecrets says that there is one, and none is empty: anybody could sign with that.
func (c Config) hasWebhookSecrets() bool { return !slices.Contains(c.webhookSecrets(), "") }
