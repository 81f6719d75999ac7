package customer

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/sales"
)

// CancelBooking gives seats of a booking back.
func (h *Handlers) CancelBooking(c echo.Context, bookingID openapi.BookingId, _ openapi.CancelBookingParams) error {
	var body openapi.CancelBookingRequest
	if err := request.DecodeOptional(c, &body); err != nil {
		return err
	}
	wanted := sales.CancelRequest{
		CustomerID: identity.Caller(c).ID, BookingID: bookingID, RefundTo: body.RefundTo, Expected: body.ExpectedRefund,
		CorrelationID: request.CorrelationID(c),
	}
	if body.SeatIds != nil {
		wanted.Seats = *body.SeatIds
	}
	done, err := h.Sales.Cancel(c.Request().Context(), wanted)
	if err != nil {
		return err
	}
	h.seatsChanged(done.ShowID)
	view := openapi.Cancellation{BookingId: done.BookingID, Status: done.Status, SeatIds: done.Seats, Refunds: refundViews(done.Refunds)}
	status, amount := done.Refund()
	view.Refund = openapi.RefundSum{Status: string(status), Amount: amount}
	if done.Of != nil {
		of := seatCancellationView(*done.Of)
		view.Cancellation = &of
	}
	return c.JSON(http.StatusOK, view)
}

// QuoteCancellation says what cancelling would give back.
func (h *Handlers) QuoteCancellation(c echo.Context, bookingID openapi.BookingId, params openapi.QuoteCancellationParams) error {
	wanted := sales.CancelRequest{CustomerID: identity.Caller(c).ID, BookingID: bookingID, RefundTo: params.RefundTo}
	if params.SeatIds != nil {
		wanted.Seats = *params.SeatIds
	}
	quote, err := h.Sales.QuoteCancellation(c.Request().Context(), wanted)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, cancellationQuoteView(quote))
}

func cancellationQuoteView(quote sales.CancellationQuote) openapi.CancellationQuote {
	view := openapi.CancellationQuote{
		BookingId: quote.BookingID, Status: quote.Status, SeatIds: quote.Seats, Currency: answer.Optional(quote.Currency), Percent: quote.Percent,
		Paid: quote.Paid, Fee: quote.Fee, Refund: quote.Refund, RefundTo: quote.RefundTo, Tenders: tenderViews(quote.Wallet, quote.Card),
		Dispute: answer.Optional(quote.Dispute), CutOffAt: quote.CutOffAt, Tiers: make([]openapi.RefundTier, len(quote.Tiers)),
	}
	if quote.AlreadyGivenBack > 0 {
		view.AlreadyGivenBack = &quote.AlreadyGivenBack
	}
	if quote.Dispute != "" {
		view.HeldBack = &quote.HeldBack
	}
	for i, tier := range quote.Tiers {
		view.Tiers[i] = openapi.RefundTier{HoursBefore: tier.HoursBefore, Percent: tier.Percent, Until: tier.Until}
	}
	return view
}
