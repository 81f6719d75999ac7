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
	charge, err := h.chargeLeft(ctx, intentID)
	if err != nil {
		return err
	}
	quote := cancellationQuote(view, wish, sale, refund, charge.Charge())
	held := refund.Card
	if quote.AlreadyGivenBack != nil {
		held -= *quote.AlreadyGivenBack
	}
	if quote.Dispute = disputeHold(charge, held); quote.Dispute != nil {
		quote.HeldBack = &held
	}
	return c.JSON(http.StatusOK, quote)
}

// disputeHold says why so much of a charge could not go back now; nil when no dispute stands in the way.
func disputeHold(charge db.ChargeLeftRow, amount int64) *string {
	switch {
	case amount == 0:
		return nil
	case charge.Deciding:
		return optional(disputeOpen)
	case charge.Decided && charge.AmountLeft < amount:
		return optional(disputeLost)
	default:
		return nil
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

// chargeLeft says how the money stands that paid for a booking by card; nothing when none did.
func (h *handlers) chargeLeft(ctx context.Context, intentID *string) (left db.ChargeLeftRow, err error) {
	if intentID == nil {
		return left, nil
	}
	if left, err = h.queries.ChargeLeft(ctx, db.ChargeLeftParams{IntentID: *intentID}); err != nil {
		return left, fmt.Errorf("see what is left of the charge: %w", err)
	}
	return left, nil
}

func cancellationQuote(
	view openapi.Booking, wish cancelWish, sale pricing.Sale, refund pricing.Refund, charge pricing.Charge,
) openapi.CancellationQuote {
	quote := openapi.CancellationQuote{
		BookingId: view.Id, Status: sale.Status, SeatIds: refund.Seats, Currency: &sale.Quote.Currency,
		Percent: refund.Percent, Paid: refund.Paid, Fee: refund.Fee, Refund: refund.Amount, RefundTo: wish.refundTo,
		Tenders: []openapi.Tender{}, Tiers: []openapi.RefundTier{},
	}
	wallet, card, outside := refund.To(wish.refundTo, charge)
	if outside > 0 {
		quote.AlreadyGivenBack = &outside
	}
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
