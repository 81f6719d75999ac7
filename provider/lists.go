package provider

import (
	"context"
	"errors"
	"time"

	"github.com/stripe/stripe-go/v76"
)

const (
	opListIntents = "list intents"
	opListRefunds = "list refunds"

	// pageSize is how many objects are asked for at once: as many as Stripe gives.
	pageSize = 100
)

// EachIntent implements Provider.
func (s *Stripe) EachIntent(ctx context.Context, since time.Time, page func([]Intent) error) error {
	return eachPage(ctx, s, opListIntents, page, func(at stripe.ListParams) (answer[Intent], error) {
		list := s.intents.List(&stripe.PaymentIntentListParams{ListParams: at, CreatedRange: createdSince(since)})
		if err := list.Err(); err != nil {
			return answer[Intent]{}, err
		}
		found := list.PaymentIntentList()
		return answerOf(found.Data, found.HasMore, s.toIntent, func(in Intent) string { return in.ID })
	})
}

// EachRefund implements Provider.
func (s *Stripe) EachRefund(ctx context.Context, since time.Time, page func([]Refund) error) error {
	return eachPage(ctx, s, opListRefunds, page, func(at stripe.ListParams) (answer[Refund], error) {
		list := s.refunds.List(&stripe.RefundListParams{ListParams: at, CreatedRange: createdSince(since)})
		if err := list.Err(); err != nil {
			return answer[Refund]{}, err
		}
		found := list.RefundList()
		return answerOf(found.Data, found.HasMore, s.toRefund, func(r Refund) string { return r.ID })
	})
}

// answer is one page of a list.
type answer[T any] struct {
	found []T
	more  bool
	last  string // id of the last one found
}

// errUnreadable says that an answer is not what Stripe writes.
var errUnreadable = errors.New(messageUnreadable)

func answerOf[From, T any](data []*From, more bool, convert func(*From) T, id func(T) string) (answer[T], error) {
	out := answer[T]{found: make([]T, 0, len(data)), more: more}
	for _, object := range data {
		if object == nil {
			return answer[T]{}, errUnreadable
		}
		out.found = append(out.found, convert(object))
	}
	if len(out.found) > 0 {
		out.last = id(out.found[len(out.found)-1])
	}
	return out, nil
}

// eachPage asks for one page after another and passes each on before it asks for the next.
func eachPage[T any](ctx context.Context, s *Stripe, op string, page func([]T) error,
	ask func(at stripe.ListParams) (answer[T], error),
) error {
	at := stripe.ListParams{Context: ctx, Limit: stripe.Int64(pageSize), Single: true}
	for {
		got, err := ask(at)
		if err != nil {
			return s.classify(op, err)
		}
		if len(got.found) > 0 {
			if err := page(got.found); err != nil {
				return err
			}
		}
		if !got.more {
			return nil
		}
		if got.last == "" || at.StartingAfter != nil && got.last == *at.StartingAfter {
			return gettingNowhere(op)
		}
		at.StartingAfter = stripe.String(got.last)
	}
}

// gettingNowhere is the error for a list that would never end.
func gettingNowhere(op string) *Error {
	return &Error{Kind: KindUnavailable, Op: op, Message: "the list goes on without getting on"}
}

func createdSince(since time.Time) *stripe.RangeQueryParams {
	if since.IsZero() {
		return nil
	}
	return &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}
}
