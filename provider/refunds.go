package provider

import (
	"context"
	"log/slog"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	opRefund = "refund"
	opFind   = "find refund"

	refundsPerPage = 100
	// maxRefunds bounds the search among the refunds of one intent.
	maxRefunds = 1000
)

// Refund implements Provider. It asks before it sends, always: an idempotency
// key protects a repeat for a day, and a refund that an operator pushes on is
// repeated later than that. While the key lives it covers the gap between the
// question and the request. It asks again when the answer leaves open whether
// the money moved.
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
			return toRefund(sent), nil
		}
		last = s.classify(opRefund, err)
		if last.Kind != KindUnavailable && last.Code != codeRefunded {
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

// findRefund looks for the refund with our id among those of the intent.
func (s *Stripe) findRefund(ctx context.Context, req RefundRequest) (Refund, bool, *Error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(req.IntentID)}
	params.Context = ctx
	params.Limit = stripe.Int64(refundsPerPage)
	list := s.refunds.List(params)
	for seen := 0; list.Next(); seen++ {
		if seen >= maxRefunds {
			return Refund{}, false, refuse(opFind, "the intent has too many refunds")
		}
		candidate := list.Refund()
		if candidate.Metadata[MetaRefundID] != req.RefundID {
			continue
		}
		found := toRefund(candidate)
		if found.Amount != req.Amount {
			return Refund{}, false, &Error{
				Kind: KindIdempotencyReuse, Op: opFind,
				Message: "a refund with this id and another amount exists: " + found.ID,
			}
		}
		return found, true, nil
	}
	if err := list.Err(); err != nil {
		return Refund{}, false, s.classify(opFind, err)
	}
	return Refund{}, false, nil
}

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
			MetaRefundID, req.RefundID,
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

func toRefund(r *stripe.Refund) Refund {
	return Refund{
		ID:            r.ID,
		Status:        RefundStatus(strings.ToUpper(string(r.Status))),
		Amount:        booking.Money{Amount: r.Amount, Currency: strings.ToUpper(string(r.Currency))},
		FailureReason: string(r.FailureReason),
	}
}
