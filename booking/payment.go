package booking

import "time"

// Method is how a customer chooses to pay.
type Method string

// The payment methods.
const (
	MethodCard   Method = "CARD"
	MethodWallet Method = "WALLET"
	// MethodWalletAndCard is a hybrid: a part from the wallet and the rest by card, both or none.
	MethodWalletAndCard Method = "WALLET_AND_CARD"
)

// SeatsOnRefusal is what becomes of seats that were to be paid at once, when that is refused.
type SeatsOnRefusal string

const (
	// ReleaseSeats gives them back, and the whole request is refused.
	ReleaseSeats SeatsOnRefusal = "RELEASE"
	// HoldSeats keeps them held, so that they can be paid in another way.
	HoldSeats SeatsOnRefusal = "HOLD"
)

// Tender is one source of the money of a payment.
type Tender string

// The tenders.
const (
	TenderCard   Tender = "CARD"
	TenderWallet Tender = "WALLET"
)

// PaymentStatus is the status of one attempt to collect a quote. A declined attempt stays open: the
// customer may try another card on the same intent, or start another attempt, until the hold's deadline.
type PaymentStatus string

// The states of a payment. A SUCCEEDED one is refunded only by cancelling the booking; a REFUNDING one
// can no longer be confirmed. A CANCELLED one was closed unpaid.
const (
	PaymentInitiated  PaymentStatus = "INITIATED"
	PaymentProcessing PaymentStatus = "PROCESSING"
	PaymentDeclined   PaymentStatus = "DECLINED"
	PaymentSucceeded  PaymentStatus = "SUCCEEDED"
	PaymentRefunding  PaymentStatus = "REFUNDING"
	PaymentRefunded   PaymentStatus = "REFUNDED"
	PaymentCancelled  PaymentStatus = "CANCELLED"
)

// Open says whether an attempt in this state can still be paid.
func (s PaymentStatus) Open() bool {
	return s == PaymentInitiated || s == PaymentProcessing || s == PaymentDeclined
}

// Metadata that an intent or a refund carries at the provider, and that its events return.
const (
	MetadataBooking = "booking_id"
	// MetadataPayment is on intents that pay a booking.
	MetadataPayment = "payment_id"
	// MetadataTopUp is on intents that fill a wallet.
	MetadataTopUp = "top_up_id"
	// MetadataRefund is on refunds.
	MetadataRefund = "refund_id"
	// MetadataDeployment names the system that made the intent or the refund. Several may share one
	// account at the provider, and none may touch another's money.
	MetadataDeployment = "boxoffice_deployment"
)

// DefaultDeployment is the name of a system that does not share its account at the provider.
const DefaultDeployment = "boxoffice"

// PaymentEventKind is what the provider says happened to an intent.
type PaymentEventKind string

// The kinds of payment event.
const (
	PaymentEventSucceeded  PaymentEventKind = "SUCCEEDED"
	PaymentEventDeclined   PaymentEventKind = "DECLINED"
	PaymentEventProcessing PaymentEventKind = "PROCESSING"
	PaymentEventCanceled   PaymentEventKind = "CANCELED"
)

// PaymentEvent is a provider's webhook, verified and reduced to what a booking or a top-up needs. It is the
// payload of the payment-event signal. Events come late, twice and out of order; EventID identifies repeats.
type PaymentEvent struct {
	EventID       string           `json:"eventId"`
	Kind          PaymentEventKind `json:"kind"`
	IntentID      string           `json:"intentId"`
	BookingID     string           `json:"bookingId"`
	TopUpID       string           `json:"topUpId,omitempty"` // instead of BookingID
	Received      Money            `json:"received"`
	DeclineCode   string           `json:"declineCode,omitempty"`
	OccurredAt    time.Time        `json:"occurredAt"`
	CorrelationID string           `json:"correlationId,omitempty"`
}

// WorkflowID is the workflow that the event is for.
func (e PaymentEvent) WorkflowID() string {
	if e.TopUpID != "" {
		return TopUpWorkflowID(e.TopUpID)
	}
	return WorkflowID(e.BookingID)
}

// Subject names what the event is about.
func (e PaymentEvent) Subject() string {
	if e.TopUpID != "" {
		return "top-up"
	}
	return "booking"
}
