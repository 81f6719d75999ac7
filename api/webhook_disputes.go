package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// disputeEvents are the events whose object is a dispute.
var disputeEvents = []string{
	"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
	"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
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
}

var (
	providerWord    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
)

// acceptDispute writes down what an event says of a dispute, and flags a dispute that is new. It all happens with the event's own row
// in one transaction, since no workflow keeps it.
func (h *handlers) acceptDispute(ctx context.Context, received stripeEvent, _ string) (outcome string, err error) {
	dispute, err := readDispute(received)
	if err != nil {
		return "", err
	}
	err = db.InTx(ctx, h.pool, func(q *db.Queries) error {
		outcome, err = recordDispute(ctx, q, received, dispute)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("record dispute: %w", err)
	}
	return outcome, nil
}

// readDispute reads the dispute of an event as its row will have it, but for whose money it is about.
func readDispute(received stripeEvent) (db.DisputeOpenParams, error) {
	var said stripeDispute
	err := json.Unmarshal(received.object, &said)
	currency := strings.ToUpper(said.Currency)
	opened, dated := providerTime(said.Created)
	if err != nil || !isID(said.ID) || (said.IntentID != "" && !isID(said.IntentID)) || said.Amount < 0 || said.Created == 0 || !dated ||
		!currencyPattern.MatchString(currency) || !providerWord.MatchString(said.Reason) || !providerWord.MatchString(said.Status) {
		return db.DisputeOpenParams{}, malformed("data.object", "This is not a dispute.")
	}
	return db.DisputeOpenParams{
		ID: said.ID, IntentID: said.IntentID, Amount: said.Amount, Currency: currency, Reason: said.Reason, Status: said.Status,
		OpenedAt: opened, UpdatedAt: received.created,
	}, nil
}

// recordDispute ignores a dispute about money that is not ours: others may share the account at the provider.
func recordDispute(ctx context.Context, q *db.Queries, received stripeEvent, dispute db.DisputeOpenParams) (outcome string, err error) {
	event := db.WebhookStoreParams{
		EventID: received.id, Type: shortened(received.kind), Outcome: eventIgnored, OccurredAt: received.created,
	}
	owner, err := q.IntentOwner(ctx, dispute.IntentID)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err := q.WebhookStore(ctx, event)
		return event.Outcome, err
	}
	if err != nil {
		return "", err
	}
	dispute.BookingID, dispute.PaymentID, dispute.TopUpID = owner.BookingID, owner.PaymentID, owner.TopUpID
	if err := writeDispute(ctx, q, dispute); err != nil {
		return "", err
	}
	event.Outcome, event.IntentID, event.BookingID = eventRecorded, &dispute.IntentID, dispute.BookingID
	if event.Event, err = json.Marshal(disputeView(db.Dispute{
		ID: dispute.ID, IntentID: dispute.IntentID, BookingID: dispute.BookingID, PaymentID: dispute.PaymentID, TopUpID: dispute.TopUpID,
		Amount: dispute.Amount, Currency: dispute.Currency, Reason: dispute.Reason, Status: dispute.Status, OpenedAt: dispute.OpenedAt, UpdatedAt: dispute.UpdatedAt,
	})); err != nil {
		return "", err
	}
	_, err = q.WebhookStore(ctx, event)
	return event.Outcome, err
}

// writeDispute opens a dispute with its flag, or brings it forward.
func writeDispute(ctx context.Context, q *db.Queries, dispute db.DisputeOpenParams) error {
	opened, err := q.DisputeOpen(ctx, dispute)
	if err != nil {
		return err
	}
	if opened == 0 {
		return q.DisputeUpdate(ctx, db.DisputeUpdateParams{
			ID: dispute.ID, Amount: dispute.Amount, Currency: dispute.Currency, Reason: dispute.Reason, Status: dispute.Status,
			UpdatedAt: dispute.UpdatedAt,
		})
	}
	return q.FlagRaise(ctx, db.FlagRaiseParams{
		Kind: booking.FlagDispute, Subject: dispute.ID,
		Message: fmt.Sprintf("A customer disputes %s at their bank (%s).", booking.Money{Amount: dispute.Amount, Currency: dispute.Currency}, dispute.Reason),
	})
}
