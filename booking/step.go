package booking

import "time"

// Names of the steps that workflows ask activities to take. Recorded histories hold them: never change one. Every step
// may run any number of times with the same input and has the effect of one run.
const (
	// StepLockSeats takes Request and returns Lock. It refuses with SEAT_LOCK_FAILED, CONFLICT, NOT_FOUND or VALIDATION_ERROR.
	StepLockSeats = "LockSeats"
	// StepPriceSeats takes Pricing and returns Quote. Only runs need it whose seats were locked by code that did not price them.
	StepPriceSeats = "PriceSeats"
	// StepReserveWallet takes Reservation and returns Reserved. It refuses with INSUFFICIENT_FUNDS, VALIDATION_ERROR or INVALID_STATE.
	StepReserveWallet = "ReserveWallet"
	// StepConfirmBooking takes Confirmation and returns Confirmed. It refuses with INSUFFICIENT_FUNDS, SEAT_LOCK_FAILED, CONFLICT or INVALID_STATE.
	StepConfirmBooking = "ConfirmBooking"
	// StepReleaseSeats takes Release and returns Released.
	StepReleaseSeats = "ReleaseSeats"
	// StepNotePayment takes PaymentNote.
	StepNotePayment = "NotePayment"
	// StepSettleMoney takes Settlement and returns SettlementDecision.
	StepSettleMoney = "SettleMoney"

	// StepOpenIntent takes IntentOrder and returns Intent. It refuses with PAYMENT_FAILED or INVALID_STATE.
	StepOpenIntent = "OpenIntent"
	// StepCloseIntent takes IntentClosing and returns ClosedIntent. While the provider is still processing the charge
	// it fails with an error that is worth repeating.
	StepCloseIntent = "CloseIntent"
	// StepRefundIntent takes RefundOrder and returns RefundReceipt.
	StepRefundIntent = "RefundIntent"

	// StepAuditBooks takes nothing and returns AuditSummary. What is broken it flags for operators.
	StepAuditBooks = "AuditBooks"
)

// Lock is the result of a successful StepLockSeats: until when the booking has the seats.
type Lock struct {
	ExpiresAt time.Time `json:"expiresAt"`
	// Due is what they cost. It is nil for a booking that has ended, and in histories of code that priced the seats in a step of its own.
	Due *Money `json:"due,omitempty"`
	// Found is how an existing booking stands; nil when the step has just written it. The seats of a
	// booking that has ended are not locked.
	Found *Standing `json:"found,omitempty"`
}

// Standing is how a booking stands in the database. A run of its workflow that knows less, because an
// operator has reset it, goes on from there.
type Standing struct {
	Status    Status    `json:"status"`
	ExpiresAt time.Time `json:"expiresAt"`
	// Due is what the booking costs; zero while it has no price.
	Due Money `json:"due"`
	// Attempts is the number of the latest attempt to pay it.
	Attempts int `json:"attempts,omitempty"`
	// Open is the latest attempt that can still be paid, without its client secret; nil when there is none.
	Open *Payment `json:"open,omitempty"`
	// Ended are the ids of the attempts that can no longer be paid.
	Ended []string `json:"ended,omitempty"`
	// Intents are those of all attempts that can still be paid.
	Intents []string `json:"intents,omitempty"`
}

// Pricing asks for the quote of a booking whose seats are locked.
type Pricing struct {
	BookingID string `json:"bookingId"`
}

// Reservation asks for a hybrid payment to be split over its tenders, and for the wallet's part to be
// set aside until the attempt has ended.
type Reservation struct {
	// Payment is the attempt, not yet split.
	Payment Payment `json:"payment"`
	// WalletAmount is as in PayRequest.
	WalletAmount  *int64 `json:"walletAmount,omitempty"`
	CorrelationID string `json:"correlationId"`
	// Over is as in IntentOrder.
	Over []string `json:"over,omitzero"`
}

// Reserved is a payment with its split and its attempt number. When Found is set, nothing was reserved, because there are attempts
// that the caller did not know of: one that can still be paid has to be closed first, and no attempt number is used twice.
type Reserved struct {
	Payment

	Found *Standing `json:"found,omitempty"`
}

// Confirmation turns a paid hold into a sale.
type Confirmation struct {
	BookingID string `json:"bookingId"`
	// Payment is the attempt that collected the money, with its split over the tenders.
	Payment       Payment `json:"payment"`
	Actor         Actor   `json:"actor"`
	Reason        string  `json:"reason"`
	CorrelationID string  `json:"correlationId"`
	// Unproven says that the money is known only from an event: the provider is asked whether it has it, before anything is sold.
	Unproven bool `json:"unproven,omitempty"`
}

// Confirmed is the result of a successful StepConfirmBooking.
type Confirmed struct {
	// Attempt is the number under which the payment was recorded; zero when it had been recorded before.
	Attempt int `json:"attempt,omitempty"`
	// Intents are those of other attempts that were still open: the caller has to start settlements for them.
	Intents []string `json:"intents,omitempty"`
}

// Release ends an unpaid booking and gives its seats back.
type Release struct {
	BookingID     string `json:"bookingId"`
	To            Status `json:"to"`
	Actor         Actor  `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// Undecided leaves the open payments as they are, because it is not known yet whether they have been
	// paid, or because their money goes back next. The sweep for money without a workflow finds them by that.
	Undecided bool `json:"undecided,omitempty"`
	// Over are the intents that the caller has dealt with: they are closed and hold no money, or a
	// settlement follows them. A booking with any other open intent is left as it is, unless Undecided is
	// set. Nil comes from a run of older code, for which no booking is left as it is.
	Over []string `json:"over,omitzero"`
	// Resume leaves a priced booking that waits for money as it is, so that a run that was reset goes on with it.
	Resume bool `json:"resume,omitempty"`
}

// Released says the booking's current state; it is empty when the booking was never written.
type Released struct {
	Status Status `json:"status"`
	// Found is how the booking stands when it was left as it is; nil when it has ended.
	Found *Standing `json:"found,omitempty"`
	// Intents are those of attempts that are open although the booking has ended: the caller has to start settlements for them.
	Intents []string `json:"intents,omitempty"`
}

// PaymentNote says how an open attempt stands.
type PaymentNote struct {
	PaymentID   string        `json:"paymentId"`
	Status      PaymentStatus `json:"status"`
	DeclineCode string        `json:"declineCode,omitempty"`
	// UnprovenIntent is an intent that is cancelled according to an event alone: the provider is asked
	// whether it is, before the attempt is given up.
	UnprovenIntent string `json:"unprovenIntent,omitempty"`
}

// IntentOrder asks the provider for an intent to collect the card's part of a payment.
type IntentOrder struct {
	Payment       Payment `json:"payment"`
	CorrelationID string  `json:"correlationId"`
	// Over are the intents of earlier attempts that the caller has dealt with, as in Release.
	Over []string `json:"over,omitzero"`
}

// Intent is the provider's side of a payment: what the customer's browser pays.
type Intent struct {
	IntentID     string `json:"intentId"`
	ClientSecret string `json:"clientSecret"`
	// Attempt is the payment's attempt number as written in the database.
	Attempt int `json:"attempt,omitempty"`
	// Found is how the booking stands when nothing was opened, as in Reserved.
	Found *Standing `json:"found,omitempty"`
}

// IntentClosing asks the provider to collect no more money on an intent.
type IntentClosing struct {
	IntentID string `json:"intentId"`
}

// ClosedIntent is an intent that can no longer change, and what it has collected: all or nothing. An
// intent that the provider does not know has collected nothing.
type ClosedIntent struct {
	IntentID string `json:"intentId"`
	Received Money  `json:"received"`
	// BookingID and PaymentID, or TopUpID, come from the intent's metadata.
	BookingID string `json:"bookingId"`
	PaymentID string `json:"paymentId"`
	TopUpID   string `json:"topUpId,omitempty"`
	// Unknown says that the provider does not know the intent. Then the ids come from the database.
	Unknown bool `json:"unknown,omitempty"`
}

// Paid says whether the money arrived before the intent was closed.
func (c ClosedIntent) Paid() bool { return !c.Received.IsZero() }

// RefundOrder asks the provider to give an intent's money back. There is one refund for each RefundID.
type RefundOrder struct {
	RefundID      string `json:"refundId"`
	IntentID      string `json:"intentId"`
	BookingID     string `json:"bookingId"`
	PaymentID     string `json:"paymentId"`
	Amount        Money  `json:"amount"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
}

// RefundStatus is the status of a refund.
type RefundStatus string

// The states of a refund. A FAILED one was refused for now, or waits for a bank to decide about a dispute,
// and is tried again automatically; a NEEDS_ATTENTION one waits for an operator, since the provider
// refused it for good. A CLOSED one was never paid, since the customer's bank has given the money back.
const (
	RefundInitiated      RefundStatus = "INITIATED"
	RefundSucceeded      RefundStatus = "SUCCEEDED"
	RefundFailed         RefundStatus = "FAILED"
	RefundNeedsAttention RefundStatus = "NEEDS_ATTENTION"
	RefundClosed         RefundStatus = "CLOSED"
)

// RefundReceipt says how the provider has answered a refund.
type RefundReceipt struct {
	RefundID string       `json:"refundId"`
	Status   RefundStatus `json:"status"`
	Amount   Money        `json:"amount"`
	// Tender is where the money goes.
	Tender Tender `json:"tender,omitempty"`
	// FailureCode is the provider's code for why the latest attempt did not succeed.
	FailureCode string `json:"failureCode,omitempty"`
}

// String shows the refund to operators.
func (r RefundReceipt) String() string {
	return "Refund of " + r.Amount.String() + " " + string(r.Status)
}

// Settlement asks what to do with the money of a closed intent.
type Settlement struct {
	Intent        ClosedIntent `json:"intent"`
	CorrelationID string       `json:"correlationId"`
}

// SettlementDecision is what was done with the money, or that it has to go back.
type SettlementDecision struct {
	Result SettlementResult `json:"result"`
	// Reason says why the money has to go back.
	Reason string `json:"reason,omitempty"`
	// Intents are those of other attempts at the confirmed booking that were still open: settlements have to follow them.
	Intents []string `json:"intents,omitempty"`
}
