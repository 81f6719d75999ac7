package customer

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/sales"
)

// providerName is whom a card is paid at.
const providerName = "stripe"

// CreatePayment starts an attempt to collect a booking's quote.
func (h *Handlers) CreatePayment(c echo.Context, bookingID openapi.BookingId, params openapi.CreatePaymentParams) error {
	if err := request.CheckIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.CreatePaymentRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	payment, err := h.Sales.Pay(c.Request().Context(), sales.PayRequest{
		CustomerID: identity.Caller(c).ID, IdempotencyKey: params.IdempotencyKey, BookingID: bookingID, Method: body.Method,
		WalletAmount: body.WalletAmount, CorrelationID: request.CorrelationID(c),
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, h.paymentView(payment))
}

// paymentView draws a payment.
func (h *Handlers) paymentView(payment sales.Payment) openapi.Payment {
	view := openapi.Payment{
		PaymentId: payment.ID, BookingStatus: payment.BookingStatus, Status: payment.Status, Method: payment.Method, Attempt: payment.Attempt,
		Currency: payment.Currency, DeclineCode: payment.DeclineCode, Tenders: tenderViews(payment.Wallet, payment.Card),
		Provider: h.providerView(payment.IntentID, payment.ClientSecret),
	}
	if payment.Method == booking.MethodWallet && payment.Wallet == 0 {
		view.Tenders = []openapi.Tender{{Tender: booking.TenderWallet}}
	}
	return view
}

// providerView draws what a browser needs to pay at the provider; nil when nothing is paid there.
func (h *Handlers) providerView(intentID, clientSecret string) *openapi.ProviderPayment {
	if intentID == "" {
		return nil
	}
	return &openapi.ProviderPayment{
		Name: providerName, PaymentIntentId: intentID, ClientSecret: answer.Optional(clientSecret), PublishableKey: answer.Optional(h.PublishableKey),
	}
}
