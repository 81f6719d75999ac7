package stack

import (
	"os"
	"slices"
	"strings"
)

// mailFrom is the sender of the mails. Nobody owns the domain.
const mailFrom = "Boxoffice <tickets@boxoffice.example>"

// environment is that of this process, without variables that would point clients elsewhere, plus what the part needs.
func (s *Stack) environment(part Part) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "STRIPE_") || strings.HasPrefix(v, "TEMPORAL_") || strings.HasPrefix(v, "PG") ||
			strings.HasPrefix(v, "SMTP_") || strings.HasPrefix(v, "MAIL_")
	})
	secrets := s.Secrets()
	switch part {
	case Postgres, Mailbox: // need nothing
	case Temporal:
		env = append(env, "TEMPORAL_POSTGRES_PASSWORD="+secrets.TemporalPassword)
	case Stripesim:
		env = append(env, "STRIPE_SECRET_KEY="+secrets.StripeSecretKey, "STRIPE_WEBHOOK_SECRET="+secrets.StripeWebhookSecret)
	case Migrate, Seed:
		env = append(env, s.productEnv(s.OwnerDSN())...)
	case Worker:
		env = append(env, s.productEnv(s.WorkerDSN())...)
		env = append(env, "SMTP_URL=smtp://"+local(s.ports.MailboxSMTP), "MAIL_FROM="+mailFrom)
		if os.Getenv("LOG_LEVEL") != "debug" {
			env = append(env, "LOG_LEVEL=info") // below that it does not say when it is ready
		}
	case API:
		env = append(env, s.productEnv(s.APIDSN())...)
		env = append(env, "API_PUBLIC_URL="+s.APIURL())
		if s.opts.StripeSecretKey == "" {
			env = append(env, "API_PAYMENT_PAGE="+s.StripeURL()+"/pay")
		}
	}
	s.envMu.Lock()
	defer s.envMu.Unlock()
	return append(env, s.env[part]...)
}

func (s *Stack) productEnv(dsn string) []string {
	secrets := s.Secrets()
	env := []string{
		"DATABASE_URL=" + dsn,
		"BOXOFFICE_API_ADDR=" + local(s.ports.API),
		"TEMPORAL_ADDRESS=" + s.TemporalAddr(),
		"TEMPORAL_NAMESPACE=" + Namespace,
		"STRIPE_SECRET_KEY=" + secrets.StripeSecretKey,
		"STRIPE_WEBHOOK_SECRET=" + secrets.StripeWebhookSecret,
		"JWT_SECRET=" + secrets.JWTSecret,
		"TICKET_SIGNING_KEY=" + secrets.TicketSigningKey,
	}
	if url := s.StripeURL(); url != "" {
		env = append(env, "STRIPE_API_URL="+url)
	}
	return env
}

// Unlimited are variables of an API that limits nobody: everybody comes from one address here.
func Unlimited() []string { return []string{"API_RATE_PER_SECOND=100000", "API_RATE_BURST=100000"} }

// WithoutSchedules are variables of a worker without schedules: a scheduled workflow would run during some measurements and not during others.
func WithoutSchedules() []string {
	return []string{"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=off", "BOXOFFICE_REMINDER_SCHEDULE=off", "BOXOFFICE_COMPLETE_SCHEDULE=off"}
}

// Patient are variables for tests that are not about time-outs and limits. The API usually has the patience of somebody in front of a screen: on a
// busy machine it would answer 503 to valid requests, and the test would judge the machine.
func Patient() map[Part][]string {
	const statements = "DATABASE_STATEMENT_TIMEOUT=15s"
	return map[Part][]string{
		API:    append(Unlimited(), "API_REQUEST_TIMEOUT=45s", "API_WORKFLOW_TIMEOUT=40s", "API_QUEUE_TIMEOUT=40s", statements),
		Worker: {statements},
	}
}
