package notify

import (
	"errors"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
)

// Config says how mail is sent.
type Config struct {
	// URL is smtp://user:password@host:port, or smtps:// for TLS from the first byte; port, user and
	// password may be left out. Empty means no mail. With smtp:// the connection is encrypted if the
	// server offers it; it has to be encrypted before a password is sent to another machine.
	URL string `env:"SMTP_URL"`
	// From is the sender, as an address or with a name: Boxoffice <tickets@example.com>.
	From string `env:"MAIL_FROM"`
}

// Ports of SMTP, by scheme.
const (
	submissionPort = 587
	tlsPort        = 465
)

// New makes the mailer, or nil without a URL. It does not connect. Its errors do not quote the URL, which contains a password.
func New(config Config) (Mailer, error) {
	if config.URL == "" {
		return nil, nil //nolint:nilnil // having no mailer is valid: no mail is sent
	}
	from, err := netmail.ParseAddress(config.From)
	if err != nil {
		return nil, errors.New("MAIL_FROM is not the address of a sender: want tickets@example.com or Boxoffice <tickets@example.com>")
	}
	host, options, err := dialOptions(config.URL)
	if err != nil {
		return nil, err
	}
	opener, openErr := mail.NewClient(host, append(options, mail.WithTimeout(OpenTimeout))...)
	client, err := mail.NewClient(host, append(options, mail.WithTimeout(SendTimeout))...)
	if err = errors.Join(openErr, err); err != nil {
		return nil, errors.New("SMTP_URL cannot be used: want smtp://user:password@host:port")
	}
	return &smtpMailer{opener: opener, client: client, from: *from}, nil
}

func dialOptions(text string) (host string, options []mail.Option, err error) {
	malformed := errors.New("SMTP_URL is malformed: want smtp://user:password@host:port, or smtps:// for TLS from the first byte")
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" || strings.Trim(address.Path, "/") != "" || address.RawQuery != "" {
		return "", nil, malformed
	}
	port := submissionPort
	switch address.Scheme {
	case "smtp":
	case "smtps":
		port = tlsPort
		options = append(options, mail.WithSSL())
	default:
		return "", nil, malformed
	}
	if given := address.Port(); given != "" {
		if port, err = strconv.Atoi(given); err != nil {
			return "", nil, malformed
		}
	}
	policy := mail.TLSOpportunistic
	if user := address.User; user != nil {
		password, _ := user.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(user.Username()), mail.WithPassword(password))
		if !isLoopback(address.Hostname()) {
			policy = mail.TLSMandatory
		}
	}
	return address.Hostname(), append(options,
		mail.WithPort(port), mail.WithTLSPolicy(policy), mail.WithoutNoop()), nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && address.IsLoopback()
}

// domainOf is the part after the @ of an address.
func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }
