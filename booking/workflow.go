package booking

import "time"

// Task queues.
const (
	// TaskQueue serves the booking and settlement workflows and their local activities.
	TaskQueue = "bookings"
	// ProviderTaskQueue serves the calls to the payment provider, with a rate limit of its own.
	ProviderTaskQueue = "provider"
)

// Names by which Temporal knows workflows, updates and signals. Recorded histories hold them: never change one.
const (
	BookingWorkflow    = "Booking"
	SettlementWorkflow = "Settlement"
	AuditWorkflow      = "Audit"

	// UpdateHold answers with the Hold once the seats are locked and priced, or fails with a Refusal. Its id is its name.
	UpdateHold = "hold"
	// UpdatePay starts an attempt to collect the quote. Its id is the payment's.
	UpdatePay = "pay"
	// UpdateCancel gives the seats back before they are paid. A repeat is harmless, so its id does not matter.
	UpdateCancel = "cancel"
	// SignalPaymentEvent carries a PaymentEvent.
	SignalPaymentEvent = "payment-event"
)

// Search attributes of a booking workflow.
const (
	AttributeStatus   = "BookingStatus"
	AttributeCustomer = "CustomerId"
	AttributeShow     = "ShowId"
	AttributeTheatre  = "TheatreId"
)

// MaxCommands is how many payments and cancellations one booking accepts. It keeps the history of a
// booking whose customer never stops trying far below the server's limits.
const MaxCommands = 20

// DetailRequestHash is the detail of a refusal that tells a repeat of the same request from another one under the same
// Idempotency-Key. It is not for the caller.
const DetailRequestHash = "requestHash"

// DetailNewKey is the detail of a refusal that its Idempotency-Key will always get, although trying again with a new key makes sense.
const DetailNewKey = "newIdempotencyKeyRequired"

// RefusalType is the type of the application error in which a Refusal crosses Temporal; the refusal is its detail.
const RefusalType = "Refusal"

const (
	// MaxRequestAge is how old a booking request may be when its first task runs. A backlog must not hold seats
	// for customers who have left.
	MaxRequestAge = 30 * time.Second
	// HoldGrace is how much longer than the hold the database protects its seats. The workflow decides first; another
	// customer can take the seats only if the whole orchestrator was down for that long. It covers ProcessingGrace.
	HoldGrace = 15 * time.Minute
	// ProcessingGrace is how long an expired hold waits for a charge that the provider is still processing, or for
	// a provider that does not answer at all.
	ProcessingGrace = 5 * time.Minute
	// ProcessingPoll is how often the provider is asked during that time.
	ProcessingPoll = 15 * time.Second
)

// Client is what a customer books with, as it says of itself: at most 40 characters each.
type Client struct {
	Platform   string `json:"platform,omitempty"`
	AppVersion string `json:"appVersion,omitempty"`
}

// Request is the input of the booking workflow: who wants which seats.
type Request struct {
	BookingID  string `json:"bookingId"`
	CustomerID string `json:"customerId"`
	ShowID     string `json:"showId"`
	TheatreID  string `json:"theatreId"`
	// Seats are distinct labels in the order of SortSeats.
	Seats []string `json:"seats"`
	// Client is what the customer books with; zero when it did not say.
	Client Client `json:"client,omitzero"`
	// CouponCode is a NormalCouponCode, or empty.
	CouponCode string `json:"couponCode,omitempty"`
	// RequestHash tells a repeat of the same request from another one under the same Idempotency-Key.
	RequestHash   string `json:"requestHash"`
	CorrelationID string `json:"correlationId"`
	// Pay has the booking paid in the same go; nil for a customer who pays later.
	Pay *PayAtOnce `json:"pay,omitempty"`
}

// PayAtOnce is how a booking is paid in the same go as it is held. Its method is one that ends at once: WALLET. It has no time of its own, since
// a request that is too old holds nothing.
type PayAtOnce struct {
	PayRequest

	// KeepSeats leaves the seats held, to be paid in another way, when the payment is refused. Otherwise they go back.
	KeepSeats bool `json:"keepSeats,omitempty"`
}

// Hold is the answer of the hold update. The quote is not in it: it is read from the booking's row,
// where it is frozen, so that the history does not hold it twice.
type Hold struct {
	BookingID   string    `json:"bookingId"`
	ExpiresAt   time.Time `json:"expiresAt"`
	RequestHash string    `json:"requestHash"`
	// PayRefusal is why the payment at once was refused although the seats are held; nil when it was not, or none was asked for.
	PayRefusal *Refusal `json:"payRefusal,omitempty"`
}

// PayRequest is the argument of the pay update.
type PayRequest struct {
	PaymentID string `json:"paymentId"`
	Method    Method `json:"method"`
	// WalletAmount is how much of a hybrid payment comes from the wallet, in minor units; nil means as much as there is.
	WalletAmount  *int64 `json:"walletAmount,omitempty"`
	RequestHash   string `json:"requestHash"`
	CorrelationID string `json:"correlationId"`
	// At is when the caller asked, in UTC: after a reset nobody waits any more for an answer to an old request.
	At time.Time `json:"at,omitzero"`
}

// Payment is the answer of the pay update: one attempt to collect the quote, split over its tenders.
type Payment struct {
	ID          string        `json:"id"`
	BookingID   string        `json:"bookingId"`
	Attempt     int           `json:"attempt"`
	Method      Method        `json:"method"`
	Wallet      Money         `json:"wallet"`
	Card        Money         `json:"card"`
	Status      PaymentStatus `json:"status"`
	IntentID    string        `json:"intentId,omitempty"`
	RequestHash string        `json:"requestHash"`
	// ClientSecret lets the customer's browser pay the intent. It is worthless once the intent is closed.
	ClientSecret  string `json:"clientSecret,omitempty"`
	BookingStatus Status `json:"bookingStatus"`
}

// CancelRequest is the argument of the cancel update.
type CancelRequest struct {
	CorrelationID string `json:"correlationId"`
	// At is when the caller asked, in UTC: after a reset nobody waits any more for an answer to an old request.
	At time.Time `json:"at,omitzero"`
}

// Cancellation is the answer of the cancel update. There is a refund when the money arrived before the cancellation.
type Cancellation struct {
	BookingID string         `json:"bookingId"`
	Status    Status         `json:"status"`
	Refund    *RefundReceipt `json:"refund,omitempty"`
}

// Outcome is the result of a booking workflow. A refused booking has a refusal instead of a row and a status.
type Outcome struct {
	BookingID string   `json:"bookingId"`
	Status    Status   `json:"status,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Refusal   *Refusal `json:"refusal,omitempty"`
	// RequestHash is the request's, so that a repeat finds out whether the refusal answers it.
	RequestHash string         `json:"requestHash"`
	Refund      *RefundReceipt `json:"refund,omitempty"`
}

// SettlementRequest is the input of the settlement workflow.
type SettlementRequest struct {
	IntentID string `json:"intentId"`
	// Reason says how the money came in, for the audit trail.
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
}

// SettlementResult says what became of the money.
type SettlementResult string

// The results of a settlement.
const (
	// SettledNothing: the intent is closed and holds no money.
	SettledNothing SettlementResult = "NOTHING_RECEIVED"
	// SettledAlready: the money is that of a confirmed booking, or has been refunded.
	SettledAlready SettlementResult = "ALREADY_SETTLED"
	// SettledConfirmed: the same seats were free, and the booking has them now.
	SettledConfirmed SettlementResult = "CONFIRMED"
	// SettledCredited: the money of a top-up is in its wallet.
	SettledCredited SettlementResult = "CREDITED"
	// SettledNotOurs: the intent belongs to another deployment on the same account at the provider.
	SettledNotOurs SettlementResult = "NOT_OURS"
	// SettledUnknown: the provider does not know the intent, so there is no money on it. A flag tells operators.
	SettledUnknown SettlementResult = "UNKNOWN_INTENT"
	// SettledRefunded: the money went back.
	SettledRefunded SettlementResult = "REFUNDED"
)

// SettlementOutcome is the result of the settlement workflow.
type SettlementOutcome struct {
	IntentID  string           `json:"intentId"`
	BookingID string           `json:"bookingId,omitempty"`
	TopUpID   string           `json:"topUpId,omitempty"`
	Result    SettlementResult `json:"result"`
	Reason    string           `json:"reason"`
	Received  Money            `json:"received"`
	Refund    *RefundReceipt   `json:"refund,omitempty"`
}
