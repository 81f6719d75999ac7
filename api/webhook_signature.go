package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

const (
	// signatureTolerance is how old a signature may be.
	signatureTolerance = 5 * time.Minute
	// badSignatures is how many deliveries must fail within watchPeriod before an operator is called.
	badSignatures = 5
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

// noteBadSignature flags repeated failures: with a secret that is not the endpoint's no event comes through, and nobody would know.
func (h *handlers) noteBadSignature(ctx context.Context) {
	now := h.now()
	h.noteRefused(ctx, &h.signatures, now, badSignatureSubject,
		fmt.Sprintf("%d deliveries to the address of the payment provider's events failed their signature within an hour, the last at %s, and were refused. "+
			"Is STRIPE_WEBHOOK_SECRET that of the endpoint? If it is, somebody else sends them.", badSignatures, now.UTC().Format(time.RFC3339)))
}
