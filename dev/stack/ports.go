package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/boxoffice/boxoffice/dev/freeport"
)

// Ports are where the parts listen, on 127.0.0.1. A zero is replaced by a free port.
type Ports struct {
	API, TemporalUI, Temporal, Stripesim, Mailbox, MailboxSMTP, Postgres int
}

// DefaultPorts are those of `make run`.
func DefaultPorts() Ports {
	return Ports{API: 8080, TemporalUI: 8233, Temporal: 7233, Stripesim: 12111, Mailbox: 8025, MailboxSMTP: 1025, Postgres: 54329}
}

// portUse says what one port is for and which environment variable changes it.
type portUse struct {
	port     *int
	part     Part
	purpose  string
	variable string
}

func (p *Ports) uses() []portUse {
	return []portUse{
		{&p.API, API, "the API", "BOXOFFICE_API_PORT"},
		{&p.TemporalUI, Temporal, "the Temporal UI", "TEMPORAL_UI_PORT"},
		{&p.Temporal, Temporal, "the Temporal server", "TEMPORAL_PORT"},
		{&p.Stripesim, Stripesim, "the payment simulator", "STRIPESIM_PORT"},
		{&p.Mailbox, Mailbox, "the mailbox", "MAILBOX_PORT"},
		{&p.MailboxSMTP, Mailbox, "the mailbox's SMTP", "MAILBOX_SMTP_PORT"},
		{&p.Postgres, Postgres, "PostgreSQL", "POSTGRES_PORT"},
	}
}

// FromEnvironment replaces those ports whose variable (BOXOFFICE_API_PORT, TEMPORAL_UI_PORT, TEMPORAL_PORT, STRIPESIM_PORT,
// MAILBOX_PORT, MAILBOX_SMTP_PORT, POSTGRES_PORT) is set.
func (p *Ports) FromEnvironment(getenv func(string) string) error {
	for _, use := range p.uses() {
		text := getenv(use.variable)
		if text == "" {
			continue
		}
		port, err := strconv.Atoi(text)
		if err != nil || port < 0 || port > 65535 {
			return fmt.Errorf("%s=%s is not a port for %s: want a number from 1 to 65535, or 0 for any free one", use.variable, text, use.purpose)
		}
		*use.port = port
	}
	return nil
}

// claim replaces zeros by free ports and finds out whether the others are free, as far as parts need them. The error has one line for
// each port that is in use.
func (p *Ports) claim(ctx context.Context, parts []Part) error {
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	var problems []error
	uses := p.uses()
	// Wanted ports first, so that a free one is never one of them.
	slices.SortStableFunc(uses, func(a, b portUse) int { return min(*b.port, 1) - min(*a.port, 1) })
	taken := map[int]string{}
	for _, use := range uses {
		if !slices.Contains(parts, use.part) && *use.port != 0 {
			continue
		}
		l, err := listen(ctx, *use.port)
		if err != nil {
			problems = append(problems, inUse(use, taken[*use.port], err))
			continue
		}
		held = append(held, l)
		address, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil {
			return err
		}
		*use.port = int(address.Port())
		taken[*use.port] = use.purpose
	}
	return errors.Join(problems...)
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	if port == 0 {
		return freeport.Listen(ctx)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", local(port))
}

func inUse(use portUse, other string, err error) error {
	switch {
	case other != "":
		return fmt.Errorf("port %d is wanted both for %s and for %s: set %s to another port", *use.port, other, use.purpose, use.variable)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("port %d, wanted for %s, needs more rights: set %s to one above 1023", *use.port, use.purpose, use.variable)
	case strings.Contains(err.Error(), "in use"):
		return fmt.Errorf("port %d, wanted for %s, is in use: stop what uses it (another `make run`?), or set %s to another port", *use.port, use.purpose, use.variable)
	}
	return fmt.Errorf("port %d, wanted for %s (%s): %w", *use.port, use.purpose, use.variable, err)
}
