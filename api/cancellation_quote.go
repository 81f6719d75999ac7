package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// QuoteCancellation says what cancelling would give back, by the rules that the cancellation itself goes by.
func (h *handlers) QuoteCancellation(c echo.Context, bookingID openapi.BookingId, params openapi.QuoteCancellationParams) error {
	wish := cancelWish{refundTo: booking.RefundToOriginal}
	if params.RefundTo != nil {
		wish.refundTo = *params.RefundTo
	}
	if !isRefundTo(wish.refundTo) {
		return malformed("refundTo", "refundTo must be ORIGINAL or WALLET.")
	}
	var err error
	if wish.seats, err = cancelSeatsWish(params.SeatIds); err != nil {
		return err
	}
	ctx := c.Request().Context()
	_, view, err := h.ownBookingView(ctx, principalOf(c), bookingID)
	if err != nil {
		return err
	}
	if isUnpaid(view.Status) {
		if err := wish.wholeOnly(); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, unpaidQuote(view, wish))
	}
	intentID, sale, refund, err := h.cancellationTerms(ctx, bookingID, wish.seats)
	if err != nil {
		return err
	}
	quote := cancellationQuote(view, wish, sale, refund)
	if quote.Dispute, err = h.disputeHold(ctx, intentID, refund.Card); err != nil {
		return err
	}
	if quote.Dispute != nil {
		quote.HeldBack = &refund.Card
	}
	return c.JSON(http.StatusOK, quote)
}

// disputeHold says why so much of a charge could not go back now; nil when no dispute stands in the way.
func (h *handlers) disputeHold(ctx context.Context, intentID *string, amount int64) (*string, error) {
	if intentID == nil || amount == 0 {
		return nil, nil //nolint:nilnil // nothing stands in the way
	}
	hold, err := h.queries.ChargeHold(ctx, db.ChargeHoldParams{IntentID: *intentID})
	switch {
	case err != nil:
		return nil, fmt.Errorf("look for disputes: %w", err)
	case hold.Open:
		return optional(disputeOpen), nil
	case hold.Lost && hold.AmountLeft < amount:
		return optional(disputeLost), nil
	default:
		return nil, nil //nolint:nilnil // nothing stands in the way
	}
}

// unpaidQuote is the quote of a booking that nothing has been paid for.
func unpaidQuote(view openapi.Booking, wish cancelWish) openapi.CancellationQuote {
	quote := openapi.CancellationQuote{
		BookingId: view.Id, Status: view.Status, SeatIds: seatsLeft(view.Seats), RefundTo: wish.refundTo,
		Tenders: []openapi.Tender{}, Tiers: []openapi.RefundTier{},
	}
	if view.Pricing != nil {
		quote.Currency = &view.Pricing.Currency
	}
	return quote
}

func cancellationQuote(view openapi.Booking, wish cancelWish, sale pricing.Sale, refund pricing.Refund) openapi.CancellationQuote {
	quote := openapi.CancellationQuote{
		BookingId: view.Id, Status: sale.Status, SeatIds: refund.Seats, Currency: &sale.Quote.Currency,
		Percent: refund.Percent, Paid: refund.Paid, Fee: refund.Fee, Refund: refund.Amount, RefundTo: wish.refundTo,
		Tenders: []openapi.Tender{}, Tiers: []openapi.RefundTier{},
	}
	wallet, card := refund.To(wish.refundTo)
	if wallet > 0 {
		quote.Tenders = append(quote.Tenders, openapi.Tender{Tender: booking.TenderWallet, Amount: wallet})
	}
	if card > 0 {
		quote.Tenders = append(quote.Tenders, openapi.Tender{Tender: booking.TenderCard, Amount: card})
	}
	if refund.PolicyID == 0 {
		return quote
	}
	for _, tier := range sale.Policy.Tiers {
		quote.Tiers = append(quote.Tiers, openapi.RefundTier{
			HoursBefore: tier.HoursBefore, Percent: tier.Percent, Until: view.Show.StartTime.Add(-time.Duration(tier.HoursBefore) * time.Hour),
		})
	}
	if before, ok := sale.Policy.CutOff(); ok {
		cutOff := view.Show.StartTime.Add(-before)
		quote.CutOffAt = &cutOff
	}
	return quote
}
