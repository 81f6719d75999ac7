package booking

import "time"

// Names by which Temporal knows a top-up's workflow and its steps. Recorded histories hold them: never
// change one. Every step may run any number of times with the same input and has the effect of one run.
const (
	// TopUpWorkflow takes TopUpRequest and returns TopUpOutcome. It takes the signal SignalPaymentEvent.
	TopUpWorkflow = "TopUp"
	// UpdateOpen answers with the TopUp once it can be paid, or fails with a Refusal. Its id is its name.
	UpdateOpen = "open"

	// StepOpenTopUp takes TopUpRequest and returns TopUpOpening. It refuses with VALIDATION_ERROR, CONFLICT or IDEMPOTENCY_KEY_REUSED.
	StepOpenTopUp = "OpenTopUp"
	// StepOpenTopUpIntent takes TopUpRequest and returns Intent. It refuses with PAYMENT_FAILED.
	StepOpenTopUpIntent = "OpenTopUpIntent"
	// StepNoteTopUp takes TopUpNote and returns TopUpNoted.
	StepNoteTopUp = "NoteTopUp"
	// StepCreditTopUp takes TopUpCredit. It refuses with NOT_FOUND, CONFLICT or INVALID_STATE.
	StepCreditTopUp = "CreditTopUp"
)

const (
	// TopUpTime is how long a top-up can be paid.
	TopUpTime = 30 * time.Minute
	// MaxOpenTopUps is how many top-ups of one wallet may wait for payment. Each has a workflow and an intent at the provider.
	MaxOpenTopUps = 20
)

// TopUpStatus is the status of a top-up.
type TopUpStatus string

// The states of a top-up. The first three are open: the customer may pay it, and it counts against the daily limit.
const (
	TopUpInitiated  TopUpStatus = "INITIATED"
	TopUpProcessing TopUpStatus = "PROCESSING"
	TopUpDeclined   TopUpStatus = "DECLINED"
	// TopUpSucceeded: the money is in the wallet. Late money may lead here from EXPIRED and CANCELLED, too.
	TopUpSucceeded TopUpStatus = "SUCCEEDED"
	// TopUpExpired: it was not paid in time.
	TopUpExpired TopUpStatus = "EXPIRED"
	// TopUpCancelled: it was given up, by an operator or because the provider would not collect it.
	TopUpCancelled TopUpStatus = "CANCELLED"
)

// Open says whether the customer may still pay a top-up in this state.
func (s TopUpStatus) Open() bool {
	return s == TopUpInitiated || s == TopUpProcessing || s == TopUpDeclined
}

// TopUpRequest is the input of the top-up workflow: who wants how much in the wallet.
type TopUpRequest struct {
	TopUpID string `json:"topUpId"`
	UserID  string `json:"userId"`
	Amount  Money  `json:"amount"`
	// RequestHash tells a repeat of the same request from another one under the same Idempotency-Key.
	RequestHash   string `json:"requestHash"`
	CorrelationID string `json:"correlationId"`
}

// TopUp is the answer of the open update: what the customer's browser pays, and until when.
type TopUp struct {
	ID       string `json:"id"`
	IntentID string `json:"intentId"`
	// ClientSecret lets the customer's browser pay the intent. It is worthless once the intent is closed.
	ClientSecret string    `json:"clientSecret"`
	ExpiresAt    time.Time `json:"expiresAt"`
	RequestHash  string    `json:"requestHash"`
}

// TopUpOpening is the result of a successful StepOpenTopUp: until when the top-up can be paid.
type TopUpOpening struct {
	ExpiresAt time.Time `json:"expiresAt"`
	// Status is how an existing top-up stands, and IntentID the intent that collects it; both are empty
	// when the step has just written it.
	Status   TopUpStatus `json:"status,omitempty"`
	IntentID string      `json:"intentId,omitempty"`
}

// TopUpNote says how an open top-up stands, or that it has ended unpaid.
type TopUpNote struct {
	TopUpID     string      `json:"topUpId"`
	Status      TopUpStatus `json:"status"`
	DeclineCode string      `json:"declineCode,omitempty"`
	// UnprovenIntent is an intent that is cancelled according to an event alone: the provider is asked
	// whether it is, before the top-up ends.
	UnprovenIntent string `json:"unprovenIntent,omitempty"`
}

// TopUpNoted says the top-up's current state; it is empty when the top-up was never written.
type TopUpNoted struct {
	Status TopUpStatus `json:"status"`
	// IntentID is the intent that collects it; empty while the provider has not been asked.
	IntentID string `json:"intentId,omitempty"`
}

// TopUpCredit puts what an intent has collected into the wallet.
type TopUpCredit struct {
	TopUpID  string `json:"topUpId"`
	IntentID string `json:"intentId"`
	Received Money  `json:"received"`
	Reason   string `json:"reason"`
	// Unproven says that the money is known only from an event: the provider is asked whether it has it, before anything is credited.
	Unproven bool `json:"unproven,omitempty"`
}

// TopUpOutcome is the result of a top-up workflow. A refused top-up has a refusal instead of a status; one whose
// charge could not be checked with the provider is still PROCESSING, and a settlement brings it to its end.
type TopUpOutcome struct {
	TopUpID string      `json:"topUpId"`
	Status  TopUpStatus `json:"status,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	Refusal *Refusal    `json:"refusal,omitempty"`
	// RequestHash is the request's, so that a repeat finds out whether the refusal answers it.
	RequestHash string `json:"requestHash"`
}

// TopUpLimits bound the top-ups of one wallet, in minor units of its currency.
type TopUpLimits struct {
	Currency string
	// Minimum and Maximum are for one top-up.
	Minimum, Maximum int64
	// PerDay is for the sum that a customer has topped up, or may still pay, in any 24 hours.
	PerDay int64
}

// Refuse says why an amount cannot be topped up when lastDay was topped up in the last 24 hours; nil when it can.
func (l TopUpLimits) Refuse(amount, lastDay int64) *Refusal {
	left := max(l.PerDay-lastDay, 0)
	var message string
	switch {
	case amount < l.Minimum:
		message = "A top-up is at least " + l.money(l.Minimum) + "."
	case amount > l.Maximum:
		message = "A top-up is at most " + l.money(l.Maximum) + "."
	case amount > left:
		message = "Top-ups of 24 hours are at most " + l.money(l.PerDay) + "; " + l.money(left) + " are left."
	default:
		return nil
	}
	return InvalidField("amount", message).With("currency", l.Currency).With("minimum", l.Minimum).With("maximum", l.Maximum).
		With("perDay", l.PerDay).With("left", left)
}

func (l TopUpLimits) money(amount int64) string {
	return Money{Amount: amount, Currency: l.Currency}.String()
}

// NoTopUps refuses a currency that has no top-up limits, or does not exist.
func NoTopUps(currency string) *Refusal {
	return InvalidField("currency", "Wallets in this currency cannot be topped up.").With("currency", currency)
}

// TooManyTopUps refuses another top-up while too many wait for payment.
func TooManyTopUps() *Refusal {
	return Refuse(CodeConflict, "Too many top-ups of this wallet wait to be paid. Pay one, or wait until one expires, and send a new Idempotency-Key.").
		With("maxOpen", MaxOpenTopUps).With(DetailNewKey, true)
}

// TopUpRefused refuses a top-up that the provider will never collect; reason is the provider's, and may be empty.
func TopUpRefused(reason string) *Refusal {
	return Refuse(CodePaymentFailed, "The payment provider does not accept this top-up.").With("reason", reason)
}

// TopUpCutShort refuses a top-up whose workflow was terminated before it had written anything.
func TopUpCutShort() *Refusal {
	return Refuse(CodeConflict, "The top-up could not be served in time and nothing was charged. Send it again with a new Idempotency-Key.").
		With(DetailNewKey, true)
}

// TopUpNotServed refuses a top-up that could not be opened. It is not a "try again later": the same key will always get this answer.
func TopUpNotServed(message string) *Refusal {
	return Refuse(CodeUnavailable, message).With(DetailNewKey, true)
}
