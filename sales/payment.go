package sales

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// Payment is everything that a customer is shown of an attempt to pay a booking. Wallet and Card are
// what each has to pay, in minor units of Currency.
type Payment struct {
	ID, BookingID, ShowID string
	BookingStatus         booking.Status
	Status                booking.PaymentStatus
	Method                booking.Method
	Attempt               int
	Currency              string
	Wallet, Card          int64
	// DeclineCode is why the last card was declined, while nothing has been collected; nil when none was.
	DeclineCode *string
	// IntentID is the payment at the provider; empty when there is none. ClientSecret lets a browser pay
	// it, and is set only while it may be useful and is known.
	IntentID, ClientSecret string
}

// paymentOf is the one place that turns a row into what a customer is shown.
func paymentOf(row db.Payment, status booking.Status) Payment {
	p := Payment{
		ID: row.ID, BookingID: row.BookingID, BookingStatus: status, Status: row.Status, Method: row.Method, Attempt: int(row.Attempt),
		Currency: row.Currency, Wallet: row.WalletAmount, Card: row.CardAmount,
	}
	if row.IntentID != nil {
		p.IntentID = *row.IntentID
	}
	switch row.Status {
	case booking.PaymentSucceeded, booking.PaymentRefunding, booking.PaymentRefunded:
	default:
		p.DeclineCode = row.DeclineCode
	}
	return p
}

// isOpen says whether the customer may still pay at the provider.
func (p Payment) isOpen() bool {
	switch p.Status {
	case booking.PaymentInitiated, booking.PaymentProcessing, booking.PaymentDeclined:
		return p.BookingStatus.Payable()
	default:
		return false
	}
}

// PayRequest asks for an attempt to collect a booking's quote.
type PayRequest struct {
	CustomerID, IdempotencyKey, BookingID string
	Method                                booking.Method
	// WalletAmount is how much of it the wallet pays with WALLET_AND_CARD, in minor units; nil for as much as there is.
	WalletAmount *int64
	// Provider is whom the card is paid at; nil for the theatre's.
	Provider *string
	// ReturnURL is where the customer comes back to from the page of a card payment; nil for nowhere.
	ReturnURL     *string
	CorrelationID string
}

// Pay starts an attempt to collect a booking's quote, and returns it as it is now: the same booking,
// key and request always mean the same attempt.
//
// Errors: VALIDATION_ERROR; NOT_FOUND; FORBIDDEN; IDEMPOTENCY_KEY_REUSED; BOOKING_EXPIRED or INVALID_STATE for a booking that has ended; the
// refusals of the booking's workflow.
func (s *Sales) Pay(ctx context.Context, wanted PayRequest) (Payment, error) {
	request, err := s.readPay(wanted)
	if err != nil {
		return Payment{}, err
	}
	waiting, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	before, err := s.precheckPayment(waiting, wanted, request.PaymentID)
	if err != nil {
		return Payment{}, err
	}
	paid, err := s.options.Engine.Pay(ctx, wanted.BookingID, request)
	if err == nil && !before.Written && paid.RequestHash == request.RequestHash {
		// It is the first request for this attempt: what its workflow says of it is how it is now.
		payment := paymentOf(rowOf(wanted.BookingID, paid), paid.BookingStatus)
		payment.ShowID, payment.ClientSecret = before.ShowID, paid.ClientSecret
		return payment, nil
	}
	if err != nil && !errors.Is(err, engine.ErrNoWorkflow) && !s.hasSucceeded(ctx, request) {
		return Payment{}, err
	}
	payment, known, readErr := s.payment(ctx, request)
	switch {
	case readErr != nil:
		return Payment{}, readErr
	case !known && err != nil:
		return Payment{}, s.refuseEnded(ctx, wanted.BookingID, notPayable)
	case !known && paid.RequestHash != request.RequestHash:
		return Payment{}, booking.KeyReused()
	case !known:
		payment = paymentOf(rowOf(wanted.BookingID, paid), paid.BookingStatus)
	}
	payment.ShowID = before.ShowID
	if !known || payment.isOpen() {
		payment.ClientSecret = paid.ClientSecret
	}
	return payment, nil
}

// readPay refuses what is invalid for any booking.
func (s *Sales) readPay(wanted PayRequest) (request booking.PayRequest, err error) {
	switch wanted.Method {
	case booking.MethodWalletAndCard:
		if wanted.WalletAmount != nil && *wanted.WalletAmount < 1 {
			return request, booking.InvalidField("walletAmount", "walletAmount must be a positive amount in minor units.")
		}
	case booking.MethodCard, booking.MethodWallet:
		if wanted.WalletAmount != nil {
			return request, booking.InvalidField("walletAmount", "walletAmount goes with the method WALLET_AND_CARD only.")
		}
	default:
		return request, booking.InvalidField("method", "method must be CARD, WALLET or WALLET_AND_CARD.")
	}
	if wanted.Provider != nil && *wanted.Provider != Provider {
		return request, booking.InvalidField("provider", "This theatre is not paid at this provider.")
	}
	if wanted.ReturnURL != nil && !s.mayReturnTo(*wanted.ReturnURL) {
		return request, booking.InvalidField("returnUrl", "returnUrl must be an https address at an origin that this system was told of.")
	}
	hash, err := payHash(wanted.Method, wanted.WalletAmount)
	return booking.PayRequest{
		PaymentID: booking.PaymentID(wanted.BookingID, wanted.IdempotencyKey), Method: wanted.Method, WalletAmount: wanted.WalletAmount,
		RequestHash: hash, CorrelationID: wanted.CorrelationID, At: s.options.Now().UTC(),
	}, err
}

// payHash tells a payment from another one under the same Idempotency-Key.
func payHash(method booking.Method, walletAmount *int64) (string, error) {
	parts := []any{method}
	if walletAmount != nil {
		parts = append(parts, *walletAmount)
	}
	return booking.RequestHash(parts...)
}

// Provider is whom cards are paid at.
const Provider = "stripe"

// mayReturnTo says whether customers may be sent to an address: an open redirect would lend our name to anybody.
func (s *Sales) mayReturnTo(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Scheme == "https" && address.User == nil && slices.Contains(s.options.ReturnOrigins, address.Scheme+"://"+address.Host)
}

// precheckPayment refuses to pay a booking that does not exist or is somebody else's, and says whether the attempt has been written already.
func (s *Sales) precheckPayment(ctx context.Context, wanted PayRequest, paymentID string) (db.PaymentPrecheckRow, error) {
	if !booking.IsID(wanted.BookingID) {
		return db.PaymentPrecheckRow{}, booking.NotFound("booking")
	}
	row, err := s.queries.PaymentPrecheck(ctx, db.PaymentPrecheckParams{BookingID: wanted.BookingID, PaymentID: paymentID})
	switch {
	case db.IsNotFound(err):
		return row, booking.NotFound("booking")
	case err != nil:
		return row, fmt.Errorf("see whose the booking is: %w", err)
	case row.CustomerID != wanted.CustomerID:
		return row, somebodyElses()
	}
	return row, nil
}

// payment reads a payment as it is now, which is what a repeat needs: the workflow's own answer says
// how it was at first. known is false when there is no row.
func (s *Sales) payment(ctx context.Context, request booking.PayRequest) (payment Payment, known bool, err error) {
	row, err := s.queries.PaymentOfBooking(ctx, request.PaymentID)
	switch {
	case db.IsNotFound(err):
		return Payment{}, false, nil
	case err != nil:
		return Payment{}, false, fmt.Errorf("read the payment: %w", err)
	case row.Payment.RequestHash != request.RequestHash:
		return Payment{}, false, booking.KeyReused()
	}
	return paymentOf(row.Payment, row.BookingStatus), true, nil
}

// hasSucceeded says whether a payment succeeded that its workflow no longer knows of, because an operator has reset it.
func (s *Sales) hasSucceeded(ctx context.Context, request booking.PayRequest) bool {
	payment, known, err := s.payment(ctx, request)
	return err == nil && known && payment.Status == booking.PaymentSucceeded
}

// rowOf is the row of a payment as far as its customer will see it.
func rowOf(bookingID string, paid booking.Payment) db.Payment {
	return db.Payment{
		ID: paid.ID, BookingID: bookingID, Status: paid.Status, Method: paid.Method, Attempt: int32(paid.Attempt), //nolint:gosec // booking.MaxCommands at most
		Currency: cmp.Or(paid.Card.Currency, paid.Wallet.Currency), WalletAmount: paid.Wallet.Amount, CardAmount: paid.Card.Amount,
		IntentID: &paid.IntentID,
	}
}
