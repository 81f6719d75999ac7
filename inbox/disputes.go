package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// disputeStages are the events whose object is a dispute, each with how far on it is: of two events of
// the same second, the one that is further on says how the dispute stands.
var disputeStages = map[string]int32{
	"charge.dispute.created": 0, "charge.dispute.funds_withdrawn": 1, "charge.dispute.updated": 2,
	"charge.dispute.funds_reinstated": 3, "charge.dispute.closed": 4,
}

// stripeDispute is the part of a dispute that we use. It carries no metadata of ours.
type stripeDispute struct {
	ID       string `json:"id"`
	IntentID string `json:"payment_intent"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Reason   string `json:"reason"`
	Status   string `json:"status"`
	Created  int64  `json:"created"`
	// Movements may be ids, or have an unknown shape.
	Movements []json.RawMessage `json:"balance_transactions"`
}

// disputeMovement is money that a bank has taken or given back, as the provider settles it: the amount is negative when it was taken.
type disputeMovement struct {
	ID       string `json:"id"`
	Amount   int64  `json:"amount"`
	Fee      int64  `json:"fee"`
	Currency string `json:"currency"`
}

// disputeNews is what an event says of a dispute. It is stored with the event, so that the event can be delivered again.
type disputeNews struct {
	ID              string    `json:"id"`
	PaymentIntentID string    `json:"paymentIntentId"`
	BookingID       *string   `json:"bookingId,omitempty"`
	PaymentID       *string   `json:"paymentId,omitempty"`
	TopUpID         *string   `json:"topUpId,omitempty"`
	Amount          int64     `json:"amount"`
	Currency        string    `json:"currency"`
	Reason          string    `json:"reason"`
	Status          string    `json:"status"`
	OpenedAt        time.Time `json:"openedAt"`
	UpdatedAt       time.Time `json:"updatedAt"`

	Movements []disputeMovement `json:"movements,omitempty"`
}

// noReason stands for a missing reason of a dispute.
const noReason = "unknown"

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

// acceptDispute records what an event says of a dispute, flags a new dispute, and wakes the refunds
// that have waited for its end. The event's own row is written together with it when no workflow has
// to be told, and otherwise last, so that an event whose handling was cut off is handled again.
func (i *Inbox) acceptDispute(ctx context.Context, received incoming, correlationID string) (outcome Outcome, err error) {
	news, err := readDispute(received)
	if err != nil {
		return "", err
	}
	var (
		stored  db.WebhookStoreParams
		waiting []string
	)
	err = db.InTx(ctx, i.options.Pool, func(q *db.Queries) error {
		if stored, err = recordDispute(ctx, q, received, news); err != nil {
			return err
		}
		if waiting, err = q.RefundsOfDispute(ctx, news.ID); err != nil || len(waiting) > 0 {
			return err
		}
		_, err = q.WebhookStore(ctx, stored)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("record dispute: %w", err)
	}
	if len(waiting) > 0 {
		if err := i.bringRefundsOn(ctx, waiting, received.id, received.created, correlationID); err != nil {
			return "", err
		}
		if _, err := i.queries.WebhookStore(ctx, stored); err != nil {
			return "", fmt.Errorf("store event: %w", err)
		}
	}
	return Outcome(stored.Outcome), nil
}

// recordDispute records what an event says of a dispute about money of ours, and says how the event is to
// be remembered. A dispute about other money is ignored: others may share the account at the provider.
func recordDispute(ctx context.Context, q *db.Queries, received incoming, news disputeNews) (stored db.WebhookStoreParams, err error) {
	stored = received.row(Ignored)
	owner, err := q.IntentOwner(ctx, news.PaymentIntentID)
	switch {
	case db.IsNotFound(err):
		return stored, nil
	case err != nil:
		return stored, err
	}
	news.BookingID, news.PaymentID, news.TopUpID = owner.BookingID, owner.PaymentID, owner.TopUpID
	if err := writeDispute(ctx, q, news, disputeStages[received.kind]); err != nil {
		return stored, err
	}
	stored.Outcome, stored.IntentID, stored.BookingID = string(Recorded), &news.PaymentIntentID, news.BookingID
	stored.Event, err = json.Marshal(news)
	return stored, err
}

// readDispute reads what an event says of a dispute, except whose money it is about.
func readDispute(received incoming) (disputeNews, error) {
	var said stripeDispute
	err := json.Unmarshal(received.object, &said)
	currency, status := strings.ToUpper(said.Currency), booking.Excerpt(said.Status)
	opened, dated := providerTime(said.Created)
	if err != nil || !booking.IsID(said.ID) || (said.IntentID != "" && !booking.IsID(said.IntentID)) || said.Amount < 0 || said.Created == 0 || !dated ||
		!currencyPattern.MatchString(currency) || status == "" {
		return disputeNews{}, unreadable("This is not a dispute.")
	}
	news := disputeNews{
		ID: said.ID, PaymentIntentID: said.IntentID, Amount: said.Amount, Currency: currency, Reason: cmp.Or(booking.Excerpt(said.Reason), noReason),
		Status: status, OpenedAt: opened, UpdatedAt: received.created,
	}
	for _, text := range said.Movements {
		var movement disputeMovement
		err := json.Unmarshal(text, &movement)
		movement.Currency = strings.ToUpper(movement.Currency)
		if err == nil && booking.IsID(movement.ID) && currencyPattern.MatchString(movement.Currency) {
			news.Movements = append(news.Movements, movement)
		}
	}
	return news, nil
}

// writeDispute opens a dispute with its flag, or updates it, and writes what money it has moved, with the charge
// locked: a transaction that is paying out that money is waited for, or waits. Triggers book what it means.
func writeDispute(ctx context.Context, q *db.Queries, news disputeNews, stage int32) error {
	if err := q.LockCharge(ctx, news.PaymentIntentID); err != nil {
		return fmt.Errorf("lock the charge: %w", err)
	}
	opened, err := q.DisputeOpen(ctx, db.DisputeOpenParams{
		ID: news.ID, IntentID: news.PaymentIntentID, BookingID: news.BookingID, PaymentID: news.PaymentID, TopUpID: news.TopUpID,
		Amount: news.Amount, Currency: news.Currency, Reason: news.Reason, Status: news.Status, Stage: stage,
		OpenedAt: news.OpenedAt, UpdatedAt: news.UpdatedAt,
	})
	if err != nil {
		return err
	}
	if opened == 0 {
		err = q.DisputeUpdate(ctx, db.DisputeUpdateParams{
			ID: news.ID, Amount: news.Amount, Currency: news.Currency, Reason: news.Reason, Status: news.Status, Stage: stage,
			UpdatedAt: news.UpdatedAt,
		})
	} else {
		err = q.FlagRaise(ctx, db.FlagRaiseParams{
			Kind: booking.FlagDispute, Subject: news.ID,
			Message: fmt.Sprintf("A customer disputes %s at their bank (%s). Nothing is paid out for this charge until the bank has decided.",
				booking.Money{Amount: news.Amount, Currency: news.Currency}, news.Reason),
		})
	}
	if err != nil {
		return err
	}
	for _, movement := range news.Movements {
		err := q.DisputeMovementWrite(ctx, db.DisputeMovementWriteParams{
			ID: movement.ID, DisputeID: news.ID, Amount: movement.Amount, Fee: movement.Fee, Currency: movement.Currency,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bringRefundsOn wakes refunds that have waited for a dispute's end.
func (i *Inbox) bringRefundsOn(ctx context.Context, waiting []string, eventID string, at time.Time, correlationID string) error {
	for _, refundID := range waiting {
		err := i.options.Engine.TellRefund(ctx, booking.RefundEvent{EventID: eventID, RefundID: refundID, OccurredAt: at, CorrelationID: correlationID})
		if err != nil {
			return err
		}
	}
	return nil
}
