package sales

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// CancellationQuote is what cancelling would give back at this moment. All amounts are in minor units of Currency.
type CancellationQuote struct {
	BookingID string
	Status    booking.Status
	Seats     []string
	// Currency is empty for a booking that has no price yet.
	Currency          string
	Percent           int
	Paid, Fee, Refund int64
	RefundTo          booking.RefundTo
	// Wallet and Card are what each tender gets back. AlreadyGivenBack is what somebody has given back by
	// hand, and is not given back again.
	Wallet, Card, AlreadyGivenBack int64
	// Dispute is why HeldBack of the amount could not go back now: booking.DisputeOpen or DisputeLost; empty when no dispute prevents it.
	Dispute  string
	HeldBack int64
	// Tiers say which share goes back until when. Their times, and CutOffAt, after which nothing can be
	// cancelled, are in the theatre's own time zone.
	Tiers    []RefundTier
	CutOffAt *time.Time
}

// RefundTier is the share of the price that is given back until a time before the show.
type RefundTier struct {
	HoursBefore, Percent int
	Until                time.Time
}

// QuoteCancellation says what cancelling seats, or all that are left when none are named, would give
// back, by the same rules as Cancel.
//
// Errors: VALIDATION_ERROR with the field's name; NOT_FOUND; FORBIDDEN; CONFLICT when the refund policy
// allows no cancellation any more; INVALID_STATE for a ticket that was scanned, or a booking that has ended.
func (s *Sales) QuoteCancellation(ctx context.Context, wanted CancelRequest) (CancellationQuote, error) {
	wanted, err := wanted.read()
	if err != nil {
		return CancellationQuote{}, err
	}
	b, err := s.ownBooking(ctx, wanted.CustomerID, wanted.BookingID)
	if err != nil {
		return CancellationQuote{}, err
	}
	if b.Status.Unpaid() {
		quote := CancellationQuote{BookingID: b.ID, Status: b.Status, Seats: b.SeatsLeft(), RefundTo: wanted.refundTo()}
		if b.Quote != nil {
			quote.Currency = b.Quote.Currency
		}
		return quote, wholeOnly(wanted.Seats)
	}
	terms, err := s.cancellationTerms(ctx, b.ID, wanted.Seats)
	if err != nil {
		return CancellationQuote{}, err
	}
	charge, err := s.chargeLeft(ctx, terms.intentID)
	if err != nil {
		return CancellationQuote{}, err
	}
	quote := terms.quote(b, wanted.refundTo(), charge.Charge())
	held := terms.refund.Card - quote.AlreadyGivenBack
	if quote.Dispute = disputeHold(charge, held); quote.Dispute != "" {
		quote.HeldBack = held
	}
	return quote, nil
}

// disputeHold says why an amount of a charge could not go back now; empty when no dispute prevents it.
func disputeHold(charge db.ChargeLeftRow, amount int64) string {
	switch {
	case amount == 0:
		return ""
	case charge.Deciding:
		return booking.DisputeOpen
	case charge.Decided && charge.AmountLeft < amount:
		return booking.DisputeLost
	default:
		return ""
	}
}

// chargeLeft says how much is left of the charge that paid for a booking; nothing when no card did.
func (s *Sales) chargeLeft(ctx context.Context, intentID *string) (left db.ChargeLeftRow, err error) {
	if intentID == nil {
		return left, nil
	}
	if left, err = s.queries.ChargeLeft(ctx, db.ChargeLeftParams{IntentID: *intentID}); err != nil {
		return left, fmt.Errorf("see what is left of the charge: %w", err)
	}
	return left, nil
}

// cancellationTerms are what cancelling seats gives back at one moment.
type cancellationTerms struct {
	sale   pricing.Sale
	refund pricing.Refund
	// intentID is that of the card payment for the booking; nil when there is none.
	intentID *string
}

// cancellationTerms says what cancelling these seats, or all that are left when none are named, gives back at this moment.
func (s *Sales) cancellationTerms(ctx context.Context, bookingID string, seats []string) (terms cancellationTerms, err error) {
	row, err := s.queries.CancellationTerms(ctx, bookingID)
	switch {
	case db.IsNotFound(err):
		return terms, booking.NotFound("booking")
	case err != nil:
		return terms, fmt.Errorf("read the terms: %w", err)
	}
	terms = cancellationTerms{sale: row.Sale(), intentID: row.IntentID}
	if terms.sale.Status == booking.StatusConfirmed {
		if err := checkSeatsLeft(row, seats); err != nil {
			return terms, err
		}
	}
	terms.refund, err = pricing.RefundFor(terms.sale, seats, booking.CauseCustomer)
	return terms, err
}

// checkSeatsLeft refuses seats that are not, or no longer, the booking's.
func checkSeatsLeft(row db.CancellationTermsRow, seats []string) error {
	var unknown, cancelled []string
	for _, seat := range seats {
		switch {
		case !slices.Contains(row.Seats, seat):
			unknown = append(unknown, seat)
		case slices.Contains(row.Cancelled, seat):
			cancelled = append(cancelled, seat)
		}
	}
	switch {
	case len(unknown) > 0:
		return booking.InvalidField("seatIds", "The booking has no such seats.").With(booking.DetailUnknownSeats, unknown)
	case len(cancelled) > 0:
		return booking.InvalidField("seatIds", "Some of these seats have been cancelled already.").With("cancelledSeatIds", cancelled)
	}
	return nil
}

func (t cancellationTerms) quote(b Booking, to booking.RefundTo, charge pricing.Charge) CancellationQuote {
	quote := CancellationQuote{
		BookingID: b.ID, Status: t.sale.Status, Seats: t.refund.Seats, Currency: t.sale.Quote.Currency,
		Percent: t.refund.Percent, Paid: t.refund.Paid, Fee: t.refund.Fee, Refund: t.refund.Amount, RefundTo: to,
	}
	quote.Wallet, quote.Card, quote.AlreadyGivenBack = t.refund.To(to, charge)
	if t.refund.PolicyID == 0 {
		return quote
	}
	for _, tier := range t.sale.Policy.Tiers {
		quote.Tiers = append(quote.Tiers, RefundTier{
			HoursBefore: tier.HoursBefore, Percent: tier.Percent, Until: b.Show.StartsAt.Add(-time.Duration(tier.HoursBefore) * time.Hour),
		})
	}
	if before, ok := t.sale.Policy.CutOff(); ok {
		cutOff := b.Show.StartsAt.Add(-before)
		quote.CutOffAt = &cutOff
	}
	return quote
}
