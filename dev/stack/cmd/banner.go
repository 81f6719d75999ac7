package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// printBanner says where everything is and what to try first.
func printBanner(w io.Writer, s *stack.Stack, parts []stack.Part) {
	if !slices.Contains(parts, stack.API) {
		names := make([]string, len(parts))
		for i, part := range parts {
			names[i] = string(part)
		}
		fmt.Fprintf(w, "\nrunning: %s. Ctrl-C stops.\n", strings.Join(names, ", "))
		return
	}
	provider := s.StripeURL()
	if provider == "" {
		provider = "Stripe itself (STRIPE_SECRET_KEY is set)"
	}
	fmt.Fprintf(w, `
Boxoffice is open.

  API             %[1]s
  API docs        %[1]s/docs
  Temporal UI     %[2]s
  Payments        %[3]s
  Mailbox         %[4]s

  Accounts        role       email                  password
`, s.APIURL(), s.TemporalUIURL(), provider, s.MailboxURL())
	for _, account := range seed.Accounts {
		fmt.Fprintf(w, "                  %-10s %-22s %s\n", strings.ToLower(account.Role), account.Email, seed.Password)
	}
	fmt.Fprintf(w, `
  Try             curl -s %s/api/v1/auth/login -H 'Content-Type: application/json' \
                    -d '{"email":"%s","password":"%s"}'
                  make demo        plays four bookings from end to end
                  make audit       proves the books, to the last penny

Ctrl-C stops everything; the data is kept for the next start (make reset forgets it).
`, s.APIURL(), seed.Accounts[0].Email, seed.Password)
}
