package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// signatureTolerance is how old a signature may be.
	signatureTolerance = 5 * time.Minute
	// badSignatures is how many deliveries must fail within badSignaturePeriod before an operator is called, which happens once in such a period.
	badSignatures      = 5
	badSignaturePeriod = time.Hour
	// badSignatureRetry is how long after a failure the flag is tried again: each delivery would cost the database a statement otherwise.
	badSignatureRetry = time.Minute
	// badSignatureSubject is the subject of that flag.
	badSignatureSubject = "signatures"
)

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

// verifySignature says whether an event comes from who has one of our secrets. It fails as the last of them does.
func (c Config) verifySignature(body []byte, signature string) (err error) {
	for _, secret := range c.webhookSecrets() {
		if err = webhook.ValidatePayloadWithTolerance(body, signature, secret, signatureTolerance); err == nil {
			return nil
		}
	}
	return err
}

func badSignature(err error) error {
	if errors.Is(err, webhook.ErrTooOld) {
		return malformed("Stripe-Signature", "The signature is too old.")
	}
	return malformed("Stripe-Signature", "The signature is missing or does not fit the body.")
}

// signatureWatch counts deliveries that failed their signature. Anybody can send such, so they leave nothing behind but a number in memory and
// now and then a flag, which says nothing that they said.
type signatureWatch struct {
	mu     sync.Mutex
	since  time.Time
	failed int
	// quiet is until when no other flag is raised.
	quiet time.Time
}

// failedAt counts a failure, and says whether it is time to call an operator.
func (w *signatureWatch) failedAt(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := now.Sub(w.since); age < 0 || age >= badSignaturePeriod {
		w.since, w.failed = now, 0
	}
	w.failed++
	if w.failed < badSignatures || now.Before(w.quiet) {
		return false
	}
	w.quiet = now.Add(badSignaturePeriod)
	return true
}

// tryAgainAt has an operator be called although that was to be later.
func (w *signatureWatch) tryAgainAt(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = at
}

// noteBadSignature flags repeated failures: with a secret that is not the endpoint's no event comes through, and nobody would know.
func (h *handlers) noteBadSignature(ctx context.Context) {
	now := h.now()
	if !h.signatures.failedAt(now) {
		return
	}
	h.log.WarnContext(ctx, "events of the payment provider fail their signature", "atLeast", badSignatures, "within", badSignaturePeriod)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.config.RequestTimeout)
	defer cancel()
	err := h.queries.FlagRaise(ctx, db.FlagRaiseParams{
		Kind: booking.FlagProvider, Subject: badSignatureSubject,
		Message: fmt.Sprintf("%d deliveries to the address of the payment provider's events failed their signature within an hour, the last at %s, and were refused. "+
			"Is STRIPE_WEBHOOK_SECRET that of the endpoint? If it is, somebody else sends them.", badSignatures, now.UTC().Format(time.RFC3339)),
	})
	if err != nil {
		h.log.ErrorContext(ctx, "flag not raised", "error", err)
		h.signatures.tryAgainAt(now.Add(badSignatureRetry))
	}
}
