package stack

import (
	"net"
	"path/filepath"
	"strconv"

	"github.com/boxoffice/boxoffice/dev/localpg"
)

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// APIURL is the base URL of the API, without a slash at the end.
func (s *Stack) APIURL() string { return "http://" + local(s.ports.API) }

// TemporalAddr is the "host:port" of the Temporal server.
func (s *Stack) TemporalAddr() string { return local(s.ports.Temporal) }

// TemporalUIURL is the URL of Temporal's web UI.
func (s *Stack) TemporalUIURL() string { return "http://" + local(s.ports.TemporalUI) }

// StripeURL is the base URL of the payment simulator, empty with the real provider.
func (s *Stack) StripeURL() string {
	if s.opts.StripeSecretKey != "" {
		return ""
	}
	return "http://" + local(s.ports.Stripesim)
}

// MailboxURL is the web page with the mails that the system has sent, and their JSON at /mails.json below it.
func (s *Stack) MailboxURL() string { return "http://" + local(s.ports.Mailbox) }

// WebhookURL is where the provider delivers its events.
func (s *Stack) WebhookURL() string { return s.APIURL() + "/api/v1/payments/webhooks/stripe" }

// Ports are those in use.
func (s *Stack) Ports() Ports { return s.ports }

// Secrets are those in use, the provider's included.
func (s *Stack) Secrets() Secrets {
	secrets := s.secrets
	if s.opts.StripeSecretKey != "" {
		secrets.StripeSecretKey, secrets.StripeWebhookSecret = s.opts.StripeSecretKey, s.opts.StripeWebhookSecret
	}
	return secrets
}

// OwnerDSN is the product's database for its owner, who migrates and seeds.
func (s *Stack) OwnerDSN() string { return s.dsn(ownerRole, s.secrets.OwnerPassword) }

// APIDSN is the product's database with the rights of the API.
func (s *Stack) APIDSN() string { return s.dsn(apiRole, s.secrets.APIPassword) }

// WorkerDSN is the product's database with the rights of the worker.
func (s *Stack) WorkerDSN() string { return s.dsn(workerRole, s.secrets.WorkerPassword) }

func (s *Stack) dsn(role, password string) string {
	return localpg.DSN(local(s.ports.Postgres), role, password, database)
}

// SuperuserDSN is a database ("boxoffice", "temporal", "temporal_visibility", ...) for PostgreSQL's superuser; empty when the stack
// does not run PostgreSQL itself.
func (s *Stack) SuperuserDSN(name string) string {
	s.pgMu.Lock()
	defer s.pgMu.Unlock()
	if s.pg == nil {
		return ""
	}
	return s.pg.DSN(name)
}

// Program is the path of one of the programs that the stack has built, or was given: boxoffice, temporal, stripesim or mailbox.
func (s *Stack) Program(name string) string { return filepath.Join(s.binaries, name) }

// LogFile is where a part's output goes. It may not exist yet.
func (s *Stack) LogFile(part Part) string {
	return filepath.Join(s.dir, logFolder, string(part)+".log")
}
