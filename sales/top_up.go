package sales

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// TopUp is everything that its owner is shown of a top-up of a wallet. Its times are in UTC.
type TopUp struct {
	ID     string
	Status booking.TopUpStatus
	Amount booking.Money
	// DeclineCode is why the last card was declined, while nothing has been collected; nil when none was.
	DeclineCode *string
	// IntentID and ClientSecret are as in Payment.
	IntentID, ClientSecret string
	CreatedAt, ExpiresAt   time.Time
}

// topUpOf is the one place that turns a row into what its owner is shown.
func topUpOf(row db.TopUp, clientSecret string) TopUp {
	t := TopUp{
		ID: row.ID, Status: row.Status, Amount: booking.Money{Amount: row.Amount, Currency: row.Currency},
		ClientSecret: clientSecret, CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
	}
	if row.Status != booking.TopUpSucceeded {
		t.DeclineCode = row.DeclineCode
	}
	if row.IntentID != nil {
		t.IntentID = *row.IntentID
	}
	return t
}

// TopUpRequest asks for money to be put into a wallet by card.
type TopUpRequest struct {
	UserID, IdempotencyKey string
	Amount                 booking.Money
	CorrelationID          string
}

// TopUp opens a top-up of a wallet, and returns it as it is now: the same user, key and request always mean the same top-up.
//
// Errors: VALIDATION_ERROR for an invalid amount or currency; IDEMPOTENCY_KEY_REUSED; PAYMENT_FAILED
// and UNAVAILABLE for one that could not be opened; the refusals of the top-up's workflow.
func (s *Sales) TopUp(ctx context.Context, wanted TopUpRequest) (TopUp, error) {
	if !booking.IsCurrencyCode(wanted.Amount.Currency) {
		return TopUp{}, booking.InvalidField("currency", "currency must be the code of a currency, such as INR.")
	}
	hash, err := booking.RequestHash(wanted.Amount.Amount, wanted.Amount.Currency)
	if err != nil {
		return TopUp{}, err
	}
	return s.topUp(ctx, booking.TopUpRequest{
		TopUpID: booking.TopUpID(wanted.UserID, wanted.IdempotencyKey), UserID: wanted.UserID, Amount: wanted.Amount,
		RequestHash: hash, CorrelationID: wanted.CorrelationID,
	})
}

// topUp finds the top-up that a request stands for, or lets its workflow open it.
func (s *Sales) topUp(ctx context.Context, request booking.TopUpRequest) (TopUp, error) {
	waiting, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	row, known, err := s.topUpRow(waiting, request)
	switch {
	case err != nil:
		return TopUp{}, err
	case known && !row.Status.Open():
		return topUpOf(row, ""), neverOpened(row)
	case !known:
		if err := s.checkTopUp(waiting, request); err != nil {
			return TopUp{}, err
		}
	}
	opened, err := s.options.Engine.TopUp(ctx, request)
	if errors.Is(err, engine.ErrNoWorkflow) {
		err = nil
		if !known {
			reading, cancelReading := context.WithTimeout(ctx, s.options.Patience)
			defer cancelReading()
			err = s.topUpOfClosed(reading, request)
		}
	}
	if err != nil {
		return TopUp{}, err
	}
	row, known, err = s.topUpRow(ctx, request)
	switch {
	case err != nil:
		return TopUp{}, err
	case !known:
		return TopUp{}, fmt.Errorf("top-up %s was opened but has no row", request.TopUpID)
	case !row.Status.Open():
		return topUpOf(row, ""), neverOpened(row)
	}
	return topUpOf(row, opened.ClientSecret), nil
}

// topUpOfClosed answers when the workflow is over and its update is forgotten. Nil means that there is a top-up to read.
func (s *Sales) topUpOfClosed(ctx context.Context, request booking.TopUpRequest) error {
	err := s.options.Engine.TopUpEnded(ctx, request)
	if !errors.Is(err, engine.ErrCutShort) {
		return err
	}
	_, known, err := s.topUpRow(ctx, request)
	if err == nil && !known {
		err = booking.TopUpCutShort()
	}
	return err
}

// neverOpened refuses a top-up that has ended without an intent, as its workflow did: nobody could ever pay it.
func neverOpened(row db.TopUp) error {
	switch {
	case row.IntentID != nil:
		return nil
	case row.DeclineCode != nil:
		return booking.TopUpRefused(*row.DeclineCode)
	default:
		return booking.TopUpNotServed("The top-up could not be opened and nothing was charged. Send it again with a new Idempotency-Key.")
	}
}

// topUpRow reads the top-up of a request; another request under the same key is refused.
func (s *Sales) topUpRow(ctx context.Context, request booking.TopUpRequest) (row db.TopUp, known bool, err error) {
	row, err = s.queries.TopUpByID(ctx, request.TopUpID)
	switch {
	case db.IsNotFound(err):
		return db.TopUp{}, false, nil
	case err != nil:
		return db.TopUp{}, false, fmt.Errorf("read the top-up: %w", err)
	case row.RequestHash != request.RequestHash:
		return db.TopUp{}, false, booking.KeyReused()
	}
	return row, true, nil
}

// checkTopUp refuses what is obviously outside of the limits, so that no workflow starts for it. It grants nothing.
func (s *Sales) checkTopUp(ctx context.Context, request booking.TopUpRequest) error {
	currency := request.Amount.Currency
	allowance, err := s.queries.TopUpAllowance(ctx, db.TopUpAllowanceParams{UserID: request.UserID, Currency: currency})
	if db.IsNotFound(err) {
		return booking.NoTopUps(currency)
	}
	if err != nil {
		return fmt.Errorf("read the limits of top-ups: %w", err)
	}
	limits := booking.TopUpLimits{Currency: currency, Minimum: allowance.Minimum, Maximum: allowance.Maximum, PerDay: allowance.PerDay}
	if refusal := limits.Refuse(request.Amount.Amount, allowance.LastDay); refusal != nil {
		return refusal
	}
	return nil
}

// OwnTopUp reads a top-up for its owner.
//
// Errors: NOT_FOUND; FORBIDDEN when it is somebody else's.
func (s *Sales) OwnTopUp(ctx context.Context, userID, topUpID string) (TopUp, error) {
	if !booking.IsID(topUpID) {
		return TopUp{}, booking.NotFound("top-up")
	}
	row, err := s.queries.TopUpByID(ctx, topUpID)
	switch {
	case db.IsNotFound(err):
		return TopUp{}, booking.NotFound("top-up")
	case err != nil:
		return TopUp{}, fmt.Errorf("read the top-up: %w", err)
	case row.UserID != userID:
		return TopUp{}, booking.Refuse(booking.CodeForbidden, "This top-up is somebody else's.")
	}
	return topUpOf(row, ""), nil
}
