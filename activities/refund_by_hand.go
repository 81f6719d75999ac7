package activities

import (
	"context"
	"errors"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// givenBack is how much of an intent's money the provider has given back, and how much of it we knew before we asked.
type givenBack struct {
	intentID        string
	known, refunded int64
}

func (a *Activities) askGivenBack(ctx context.Context, intentID string) (givenBack, error) {
	before, err := db.New(a.pool).RefundsSent(ctx, intentID)
	if err != nil {
		return givenBack{}, err
	}
	refunded, err := a.provider.Refunded(ctx, intentID)
	return givenBack{intentID: intentID, known: before.Known, refunded: refunded.Amount}, err
}

// byHand is how much of the money somebody has given back at the provider, in minor units, by what we know now that the refund
// is locked. It is an error that is worth another try while a refund of ours whose answer we wait for may be what the provider counts.
func (g givenBack) byHand(ctx context.Context, q *db.Queries) (int64, error) {
	if g.refunded <= g.known {
		return 0, nil
	}
	now, err := q.RefundsSent(ctx, g.intentID)
	if err != nil {
		return 0, err
	}
	if amount := g.refunded - now.Known - now.Asked; amount > 0 {
		return amount, nil
	}
	return 0, errors.New("another refund of this payment is under way")
}

// paidByHand says that a refund has been paid by hand, and settled by an operator: the provider does not know it under an id of ours.
func paidByHand(r db.Refund) bool {
	return r.Status == booking.RefundSucceeded && r.Tender == booking.TenderCard && r.ProviderRefundID == nil
}
