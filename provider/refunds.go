package provider

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	opRefund = "refund"
	opFind   = "find refund"
	opOf     = "list refunds of an intent"

	// maxRefunds bounds the walk through the refunds of one intent.
	maxRefunds = 1000
)

// Refund implements Provider. It always asks before it sends: an idempotency key protects a repeat for a
// day only, and an operator may push a refund on after that. While the key lives it covers the gap between
// the question and the request. It asks again when the answer leaves open whether the money moved.
func (s *Stripe) Refund(ctx context.Context, req RefundRequest) (Refund, error) {
	if err := checkRefund(req); err != nil {
		return Refund{}, err
	}
	found, ok, err := s.findRefund(ctx, req)
	if err != nil {
		return Refund{}, err
	}
	if ok {
		return found, nil
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "sending refund to the payment provider",
		slog.String("refundId", req.RefundID), slog.String("bookingId", req.BookingID),
		slog.String("correlationId", req.CorrelationID))
	var last *Error
	for n := range maxKeys {
		sent, err := s.refunds.New(s.refundParams(ctx, req, nthKey(req.IdempotencyKey, n)))
		if err == nil {
			return s.toRefund(sent), nil
		}
		last = s.classify(opRefund, err)
		if last.Kind != KindUnavailable && last.Code != CodeChargeAlreadyRefunded {
			break
		}
		found, ok, askErr := s.findRefund(ctx, req)
		if ok {
			return found, nil
		}
		if askErr != nil || !last.dead() {
			break
		}
	}
	return Refund{}, last
}

// findRefund looks for the refund with our id among those of the intent. It does
// not ask which deployment made it: one that has been renamed must not pay twice.
func (s *Stripe) findRefund(ctx context.Context, req RefundRequest) (found Refund, ok bool, err *Error) {
	err = s.refundsOf(ctx, opFind, req.IntentID, func(candidate *stripe.Refund) (more bool) {
		if ok = candidate.Metadata[booking.MetadataRefund] == req.RefundID; ok {
			found = s.toRefund(candidate)
		}
		return !ok
	})
	if err != nil {
		return Refund{}, false, err
	}
	if ok && found.Amount != req.Amount {
		return Refund{}, false, &Error{
			Kind: KindIdempotencyReuse, Op: opFind,
			Message: "a refund with this id and another amount exists: " + found.ID,
		}
	}
	return found, ok, nil
}

// RefundsOf implements Provider.
func (s *Stripe) RefundsOf(ctx context.Context, intentID string) ([]Refund, error) {
	refunds := []Refund{}
	if intentID == "" {
		return nil, refuse(opOf, "an intent id is required")
	}
	if err := s.refundsOf(ctx, opOf, intentID, func(r *stripe.Refund) (more bool) {
		refund := s.toRefund(r)
		refund.RefundID = r.Metadata[booking.MetadataRefund]
		refunds = append(refunds, refund)
		return true
	}); err != nil {
		return nil, err
	}
	return refunds, nil
}

// refundsOf visits the refunds of an intent, newest first, until visit asks for no more.
func (s *Stripe) refundsOf(ctx context.Context, op, intentID string, visit func(*stripe.Refund) (more bool)) *Error {
	seen := 0
	err := eachPage(ctx, s, op, func(page []*stripe.Refund) error {
		for _, r := range page {
			if seen++; seen > maxRefunds {
				return refuse(op, "the intent has too many refunds")
			}
			if !visit(r) {
				return errEnough
			}
		}
		return nil
	}, func(at stripe.ListParams) (answer[*stripe.Refund], error) {
		list := s.refunds.List(&stripe.RefundListParams{ListParams: at, PaymentIntent: stripe.String(intentID)})
		if err := list.Err(); err != nil {
			return answer[*stripe.Refund]{}, err
		}
		found := list.RefundList()
		return answerOf(found.Data, found.HasMore, func(r *stripe.Refund) *stripe.Refund { return r }, func(r *stripe.Refund) string { return r.ID })
	})
	if err == nil || errors.Is(err, errEnough) {
		return nil
	}
	if failed, ok := errors.AsType[*Error](err); ok {
		return failed
	}
	return s.classify(op, err)
}

// errEnough ends a walk early.
var errEnough = errors.New("enough has been seen")

func checkRefund(req RefundRequest) *Error {
	switch {
	case req.IntentID == "" || req.RefundID == "":
		return refuse(opRefund, "an intent id and a refund id are required")
	case req.Amount.Amount <= 0:
		return refuse(opRefund, "the amount must be positive")
	default:
		return checkKey(opRefund, req.IdempotencyKey)
	}
}

func (s *Stripe) refundParams(ctx context.Context, req RefundRequest, key string) *stripe.RefundParams {
	params := &stripe.RefundParams{
		Params:        stripe.Params{Context: ctx, IdempotencyKey: stripe.String(key)},
		PaymentIntent: stripe.String(req.IntentID),
		Amount:        stripe.Int64(req.Amount.Amount),
		Metadata: metadata(
			booking.MetadataRefund, req.RefundID,
			booking.MetadataDeployment, s.deployment,
			booking.MetadataBooking, req.BookingID,
			MetaReason, req.Reason,
		),
	}
	// Stripe knows three reasons; ours is kept beside them in the metadata.
	switch reason := stripe.RefundReason(req.Reason); reason {
	case stripe.RefundReasonDuplicate, stripe.RefundReasonFraudulent, stripe.RefundReasonRequestedByCustomer:
		params.Reason = stripe.String(string(reason))
	}
	return params
}

func (s *Stripe) toRefund(r *stripe.Refund) Refund {
	out := Refund{
		ID:            r.ID,
		Status:        RefundStatus(strings.ToUpper(string(r.Status))),
		Amount:        booking.Money{Amount: r.Amount, Currency: strings.ToUpper(string(r.Currency))},
		FailureReason: string(r.FailureReason),
		Created:       time.Unix(r.Created, 0).UTC(),
	}
	if r.PaymentIntent != nil {
		out.IntentID = r.PaymentIntent.ID
	}
	if s.made(r.Metadata) {
		out.RefundID = r.Metadata[booking.MetadataRefund]
	}
	return out
}
