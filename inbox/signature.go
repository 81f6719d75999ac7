package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

const (
	// signatureTolerance is how old a signature may be.
	signatureTolerance = 5 * time.Minute
	// badSignatures is how many deliveries must fail within watchPeriod before operators are alerted.
	badSignatures = 5
	// badSignatureSubject is the subject of that flag.
	badSignatureSubject = "signatures"
)

// Errors of Receive.
var (
	// ErrBadSignature says that the signature is missing or does not match the body.
	ErrBadSignature = errors.New("the signature of an event is missing or does not fit its body")
	// ErrOldSignature says that the body was signed too long ago.
	ErrOldSignature = errors.New("the signature of an event is too old")
)

// verify checks that an event was signed with one of our secrets. Its error is that of the last secret.
func (i *Inbox) verify(body []byte, signature string) error {
	err := webhook.ErrNoValidSignature
	for _, secret := range i.options.Secrets {
		if err = webhook.ValidatePayloadWithTolerance(body, signature, secret, signatureTolerance); err == nil {
			return nil
		}
	}
	if errors.Is(err, webhook.ErrTooOld) {
		return ErrOldSignature
	}
	return ErrBadSignature
}

// noteBadSignature flags repeated failures: if our secret is not the endpoint's, no event comes through, and nobody would notice.
func (i *Inbox) noteBadSignature(ctx context.Context) {
	now := i.options.Now()
	i.noteRefused(ctx, &i.signatures, now, badSignatureSubject,
		fmt.Sprintf("%d deliveries to the address of the payment provider's events failed their signature within an hour, the last at %s, and were refused. "+
			"Is STRIPE_WEBHOOK_SECRET that of the endpoint? If it is, somebody else sends them.", badSignatures, now.UTC().Format(time.RFC3339)))
}
