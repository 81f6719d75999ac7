package provider

import (
	"context"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/booking"
)

// Keys of metadata that is meant for people. The keys that the product itself reads from webhooks and lists are in package booking.
const (
	MetaCorrelationID = "correlation_id"
	MetaReason        = "reason"
)

const (
	opCreate = "create intent"
	opGet    = "get intent"
	opCancel = "cancel intent"
)

// CreateIntent implements Provider. An intent that was made although the provider answered with a
// server error is harmless: nobody has its client secret.
func (s *Stripe) CreateIntent(ctx context.Context, req IntentRequest) (Intent, error) {
	if err := checkIntent(req); err != nil {
		return Intent{}, err
	}
	var last *Error
	for n := range maxKeys {
		created, err := s.intents.New(s.intentParams(ctx, req, nthKey(req.IdempotencyKey, n)))
		if err == nil {
			if replayed(created.LastResponse) {
				return s.Intent(ctx, created.ID)
			}
			return s.toIntent(created), nil
		}
		if last = s.classify(opCreate, err); !last.dead() {
			break
		}
	}
	return Intent{}, last
}

// Intent implements Provider.
func (s *Stripe) Intent(ctx context.Context, id string) (Intent, error) {
	if id == "" {
		return Intent{}, refuse(opGet, "an intent id is required")
	}
	found, err := s.intents.Get(id, &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return Intent{}, s.classify(opGet, err)
	}
	return s.toIntent(found), nil
}

// CancelIntent implements Provider.
func (s *Stripe) CancelIntent(ctx context.Context, id, idempotencyKey string) (Intent, error) {
	if id == "" {
		return Intent{}, refuse(opCancel, "an intent id is required")
	}
	if err := checkKey(opCancel, idempotencyKey); err != nil {
		return Intent{}, err
	}
	var last *Error
	for n := range maxKeys {
		canceled, err := s.intents.Cancel(id, cancelParams(ctx, nthKey(idempotencyKey, n)))
		if err == nil {
			return s.toIntent(canceled), nil
		}
		last = s.classify(opCancel, err)
		if last.Kind != KindUnavailable && last.Code != codeUnexpected {
			break
		}
		now, err := s.Intent(ctx, id)
		if err == nil && (now.Status.Final() || now.Status == IntentProcessing) {
			return now, nil
		}
		if last.Code == codeUnexpected {
			// It could not be canceled a moment ago, but can be by now: the payment that prevented it has failed.
			last.Kind = KindUnavailable
		}
		if err != nil || !last.dead() {
			break
		}
	}
	return Intent{}, last
}

func checkIntent(req IntentRequest) *Error {
	if req.TopUpID != "" && (req.BookingID != "" || req.PaymentID != "") {
		return refuse(opCreate, "an intent is for a booking or for a top-up, not for both")
	}
	return checkKey(opCreate, req.IdempotencyKey)
}

func (s *Stripe) intentParams(ctx context.Context, req IntentRequest, key string) *stripe.PaymentIntentParams {
	params := &stripe.PaymentIntentParams{
		Params:   stripe.Params{Context: ctx, IdempotencyKey: stripe.String(key)},
		Amount:   stripe.Int64(req.Amount.Amount),
		Currency: stripe.String(strings.ToLower(req.Amount.Currency)),
		// The customer pays on our page and is never redirected.
		AutomaticPaymentMethods: &stripe.PaymentIntentAutomaticPaymentMethodsParams{
			Enabled:        stripe.Bool(true),
			AllowRedirects: stripe.String(string(stripe.PaymentIntentAutomaticPaymentMethodsAllowRedirectsNever)),
		},
		CaptureMethod: stripe.String(string(stripe.PaymentIntentCaptureMethodAutomatic)),
		Metadata: metadata(
			booking.MetadataDeployment, s.deployment,
			booking.MetadataBooking, req.BookingID,
			booking.MetadataPayment, req.PaymentID,
			booking.MetadataTopUp, req.TopUpID,
			MetaCorrelationID, req.CorrelationID,
		),
	}
	if req.Description != "" {
		params.Description = stripe.String(req.Description)
	}
	return params
}

func cancelParams(ctx context.Context, key string) *stripe.PaymentIntentCancelParams {
	return &stripe.PaymentIntentCancelParams{
		Params:             stripe.Params{Context: ctx, IdempotencyKey: stripe.String(key)},
		CancellationReason: stripe.String(string(stripe.PaymentIntentCancellationReasonAbandoned)),
	}
}

// metadata makes a map of the pairs that have a value.
func metadata(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

// made says whether this deployment made the object with this metadata.
func (s *Stripe) made(metadata map[string]string) bool {
	return metadata[booking.MetadataDeployment] == s.deployment
}

func replayed(res *stripe.APIResponse) bool {
	return res != nil && res.Header.Get(replayedHeader) == "true"
}

func (s *Stripe) toIntent(in *stripe.PaymentIntent) Intent {
	currency := strings.ToUpper(string(in.Currency))
	out := Intent{
		ID:           in.ID,
		ClientSecret: in.ClientSecret,
		Status:       intentStatus(in.Status),
		Amount:       booking.Money{Amount: in.Amount, Currency: currency},
		Received:     booking.Money{Amount: in.AmountReceived, Currency: currency},
		Created:      time.Unix(in.Created, 0).UTC(),
	}
	if s.made(in.Metadata) {
		out.BookingID = in.Metadata[booking.MetadataBooking]
		out.PaymentID = in.Metadata[booking.MetadataPayment]
		out.TopUpID = in.Metadata[booking.MetadataTopUp]
	}
	if failed := in.LastPaymentError; failed != nil {
		out.DeclineCode = string(failed.DeclineCode)
		if out.DeclineCode == "" {
			out.DeclineCode = string(failed.Code)
		}
	}
	return out
}

func intentStatus(s stripe.PaymentIntentStatus) IntentStatus {
	switch s {
	case stripe.PaymentIntentStatusRequiresPaymentMethod, stripe.PaymentIntentStatusRequiresConfirmation:
		return IntentRequiresPayment
	case stripe.PaymentIntentStatusRequiresAction:
		return IntentRequiresAction
	case stripe.PaymentIntentStatusSucceeded:
		return IntentSucceeded
	case stripe.PaymentIntentStatusCanceled:
		return IntentCanceled
	default:
		return IntentProcessing
	}
}
