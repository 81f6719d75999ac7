package customer

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/sales"
)

// CreatePayment starts an attempt to collect a booking's quote.
func (h *Handlers) CreatePayment(c echo.Context, bookingID openapi.BookingId, params openapi.CreatePaymentParams) error {
	if err := request.CheckIdempotencyKey(params.IdempotencyKey); err != nil {
		return err
	}
	var body openapi.CreatePaymentRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	wanted := sales.PayRequest{
		CustomerID: identity.Caller(c).ID, IdempotencyKey: params.IdempotencyKey, BookingID: bookingID, Method: booking.MethodCard,
		WalletAmount: body.WalletAmount, Provider: body.Provider, ReturnURL: body.ReturnUrl, CorrelationID: request.CorrelationID(c),
	}
	if body.Method != nil {
		wanted.Method = *body.Method
	}
	payment, err := h.Sales.Pay(c.Request().Context(), wanted)
	if err != nil {
		return notPayable(err)
	}
	h.seatsChanged(payment.ShowID)
	view := h.paymentView(payment)
	if view.ProviderPayload != nil {
		view.ProviderPayload.RedirectUrl = h.redirectURL(payment.ClientSecret, body.ReturnUrl)
	}
	return c.JSON(http.StatusCreated, view)
}

// redirectURL is the page where a payment can be made by card; nil when it cannot. What it needs stands behind the #, which browsers send to nobody.
func (h *Handlers) redirectURL(clientSecret string, returnURL *string) *string {
	if clientSecret == "" {
		return nil
	}
	given := url.Values{"client_secret": {clientSecret}, "key": {h.PublishableKey}}
	if returnURL != nil {
		given.Set("return_url", *returnURL)
	}
	return new(h.PaymentPage + "#" + given.Encode())
}

// notPayable has a booking that cannot be paid answered 422, as the platform's document has it. Everywhere else a state that does not allow what is
// asked for is a 409.
func notPayable(err error) error {
	if refusal, ok := errors.AsType[*booking.Refusal](err); ok && refusal.Code == booking.CodeInvalidState {
		return &answer.Failure{Status: http.StatusUnprocessableEntity, Refusal: refusal}
	}
	return err
}

// paymentView draws a payment.
func (h *Handlers) paymentView(payment sales.Payment) openapi.Payment {
	view := openapi.Payment{
		PaymentId: payment.ID, BookingId: payment.BookingID, Amount: payment.Wallet + payment.Card, BookingStatus: payment.BookingStatus, Status: payment.Status, Method: payment.Method, Attempt: payment.Attempt,
		Currency: payment.Currency, DeclineCode: payment.DeclineCode, Tenders: tenderViews(payment.Wallet, payment.Card),
	}
	view.Provider, view.ProviderPayload = h.providerView(payment.IntentID, payment.ClientSecret)
	if payment.Method == booking.MethodWallet && payment.Wallet == 0 {
		view.Tenders = []openapi.Tender{{Tender: booking.TenderWallet}}
	}
	return view
}

// providerView draws what a browser needs to pay at the provider; nil when nothing is paid there.
func (h *Handlers) providerView(intentID, clientSecret string) (name *string, payload *openapi.ProviderPayload) {
	if intentID == "" {
		return nil, nil
	}
	return answer.Optional(sales.Provider), &openapi.ProviderPayload{
		PaymentIntentId: intentID, ClientSecret: answer.Optional(clientSecret), PublishableKey: answer.Optional(h.PublishableKey),
	}
}
