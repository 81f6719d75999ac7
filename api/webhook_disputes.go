package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// disputeStages are the events whose object is a dispute, each with how far it is on a dispute's way: of two events of the same second the one
// further on tells how the dispute stands.
var disputeStages = map[string]int32{
	"charge.dispute.created": 0, "charge.dispute.funds_withdrawn": 1, "charge.dispute.updated": 2,
	"charge.dispute.funds_reinstated": 3, "charge.dispute.closed": 4,
}

// stripeDispute is what matters of a dispute. It carries no metadata of ours.
type stripeDispute struct {
	ID       string `json:"id"`
	IntentID string `json:"payment_intent"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Reason   string `json:"reason"`
	Status   string `json:"status"`
	Created  int64  `json:"created"`
	// Movements may be ids, or of a shape that we do not know.
	Movements []json.RawMessage `json:"balance_transactions"`
}

// disputeMovement is money that a bank has taken, or given back, as the provider settles it: the amount is negative when it was taken.
type disputeMovement struct {
	ID       string `json:"id"`
	Amount   int64  `json:"amount"`
	Fee      int64  `json:"fee"`
	Currency string `json:"currency"`
}

// disputeNews is what an event says of a dispute. As the event's own row keeps it, it can be delivered again.
type disputeNews struct {
	openapi.Dispute

	Movements []disputeMovement `json:"movements,omitempty"`
}

// noReason stands for the reason of a dispute that has none.
const noReason = "unknown"

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

// acceptDispute writes down what an event says of a dispute, flags a dispute that is new, and brings on the refunds that have waited for its end.
// The event's own row comes with it when nobody has to be told, and else last, so that one that was cut off before is taken again.
func (h *handlers) acceptDispute(ctx context.Context, received stripeEvent, correlationID string) (outcome string, err error) {
	news, err := readDispute(received)
	if err != nil {
		return "", err
	}
	var (
		event   db.WebhookStoreParams
		waiting []string
	)
	err = db.InTx(ctx, h.pool, func(q *db.Queries) error {
		if event, err = recordDispute(ctx, q, received, news); err != nil {
			return err
		}
		if waiting, err = q.RefundsOfDispute(ctx, news.Id); err != nil || len(waiting) > 0 {
			return err
		}
		_, err = q.WebhookStore(ctx, event)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("record dispute: %w", err)
	}
	if len(waiting) > 0 {
		if err := h.bringRefundsOn(ctx, waiting, received.id, received.created, correlationID); err != nil {
			return "", err
		}
		if _, err := h.queries.WebhookStore(ctx, event); err != nil {
			return "", fmt.Errorf("store event: %w", err)
		}
	}
	return event.Outcome, nil
}

// recordDispute writes what an event says of a dispute about money of ours, and says how the event is to be remembered. One about other money is
// ignored: others may share the account at the provider.
func recordDispute(ctx context.Context, q *db.Queries, received stripeEvent, news disputeNews) (event db.WebhookStoreParams, err error) {
	event = db.WebhookStoreParams{
		EventID: received.id, Type: shortened(received.kind), Outcome: eventIgnored, OccurredAt: received.created,
	}
	owner, err := q.IntentOwner(ctx, news.PaymentIntentId)
	switch {
	case db.IsNotFound(err):
		return event, nil
	case err != nil:
		return event, err
	}
	news.BookingId, news.PaymentId, news.TopUpId = owner.BookingID, owner.PaymentID, owner.TopUpID
	if err := writeDispute(ctx, q, news, disputeStages[received.kind]); err != nil {
		return event, err
	}
	event.Outcome, event.IntentID, event.BookingID = eventRecorded, &news.PaymentIntentId, news.BookingId
	event.Event, err = json.Marshal(news)
	return event, err
}

// readDispute reads what an event says of a dispute, but for whose money it is about.
func readDispute(received stripeEvent) (disputeNews, error) {
	var said stripeDispute
	err := json.Unmarshal(received.object, &said)
	currency, status := strings.ToUpper(said.Currency), shortened(said.Status)
	opened, dated := providerTime(said.Created)
	if err != nil || !isID(said.ID) || (said.IntentID != "" && !isID(said.IntentID)) || said.Amount < 0 || said.Created == 0 || !dated ||
		!currencyPattern.MatchString(currency) || status == "" {
		return disputeNews{}, malformed("data.object", "This is not a dispute.")
	}
	news := disputeNews{Dispute: openapi.Dispute{
		Id: said.ID, PaymentIntentId: said.IntentID, Amount: said.Amount, Currency: currency, Reason: cmp.Or(shortened(said.Reason), noReason),
		Status: status, OpenedAt: opened, UpdatedAt: received.created,
	}}
	for _, text := range said.Movements {
		var movement disputeMovement
		err := json.Unmarshal(text, &movement)
		movement.Currency = strings.ToUpper(movement.Currency)
		if err == nil && isID(movement.ID) && currencyPattern.MatchString(movement.Currency) {
			news.Movements = append(news.Movements, movement)
		}
	}
	return news, nil
}

// writeDispute opens a dispute with its flag, or brings it forward, and writes what money it has moved, with the charge locked: whoever pays money
// of it out at this moment is waited for, or waits. Triggers book what it means.
func writeDispute(ctx context.Context, q *db.Queries, news disputeNews, stage int32) error {
	if err := q.LockCharge(ctx, news.PaymentIntentId); err != nil {
		return fmt.Errorf("lock the charge: %w", err)
	}
	opened, err := q.DisputeOpen(ctx, db.DisputeOpenParams{
		ID: news.Id, IntentID: news.PaymentIntentId, BookingID: news.BookingId, PaymentID: news.PaymentId, TopUpID: news.TopUpId,
		Amount: news.Amount, Currency: news.Currency, Reason: news.Reason, Status: news.Status, Stage: stage,
		OpenedAt: news.OpenedAt, UpdatedAt: news.UpdatedAt,
	})
	if err != nil {
		return err
	}
	if opened == 0 {
		err = q.DisputeUpdate(ctx, db.DisputeUpdateParams{
			ID: news.Id, Amount: news.Amount, Currency: news.Currency, Reason: news.Reason, Status: news.Status, Stage: stage,
			UpdatedAt: news.UpdatedAt,
		})
	} else {
		err = q.FlagRaise(ctx, db.FlagRaiseParams{
			Kind: booking.FlagDispute, Subject: news.Id,
			Message: fmt.Sprintf("A customer disputes %s at their bank (%s). Nothing is paid out for this charge until the bank has decided.",
				booking.Money{Amount: news.Amount, Currency: news.Currency}, news.Reason),
		})
	}
	if err != nil {
		return err
	}
	for _, movement := range news.Movements {
		err := q.DisputeMovementWrite(ctx, db.DisputeMovementWriteParams{
			ID: movement.ID, DisputeID: news.Id, Amount: movement.Amount, Fee: movement.Fee, Currency: movement.Currency,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bringRefundsOn wakes refunds that have waited for a dispute's end.
func (h *handlers) bringRefundsOn(ctx context.Context, waiting []string, eventID string, at time.Time, correlationID string) error {
	for _, refundID := range waiting {
		err := h.engine.TellRefund(ctx, booking.RefundEvent{EventID: eventID, RefundID: refundID, OccurredAt: at, CorrelationID: correlationID})
		if err != nil {
			return err
		}
	}
	return nil
}
