package stripesim

import (
	"net/http"
	"net/url"
	"strings"
)

// behaviour is what happens when a payment method is charged.
type behaviour int

const (
	charges behaviour = iota
	declines
	challenges // 3-D Secure first
	processes  // pending until settled by hand
)

// refundMode is what happens to refunds of a charge.
type refundMode int

const (
	refundsAtOnce refundMode = iota
	refundsPending
	refundsFailLater
)

// testMethod is one of the payment methods of the package comment.
type testMethod struct {
	name, number, brand string
	behaviour           behaviour
	code, decline       string // why it declines
	message             string
	refunds             refundMode
}

const declinedMessage = "Your card was declined."

var testMethods = []testMethod{
	{name: "pm_card_visa", number: "4242424242424242", brand: "visa"},
	{name: "pm_card_mastercard", number: "5555555555554444", brand: "mastercard"},
	{
		name: "pm_card_visa_chargeDeclined", number: "4000000000000002", brand: "visa", behaviour: declines,
		code: "card_declined", decline: "generic_decline", message: declinedMessage,
	},
	{
		name: "pm_card_visa_chargeDeclinedInsufficientFunds", number: "4000000000009995", brand: "visa", behaviour: declines,
		code: "card_declined", decline: "insufficient_funds", message: "Your card has insufficient funds.",
	},
	{
		name: "pm_card_visa_chargeDeclinedLostCard", number: "4000000000009987", brand: "visa", behaviour: declines,
		code: "card_declined", decline: "lost_card", message: declinedMessage,
	},
	{
		name: "pm_card_visa_chargeDeclinedStolenCard", number: "4000000000009979", brand: "visa", behaviour: declines,
		code: "card_declined", decline: "stolen_card", message: declinedMessage,
	},
	{
		name: "pm_card_chargeDeclinedExpiredCard", number: "4000000000000069", brand: "visa", behaviour: declines,
		code: "expired_card", message: "Your card has expired.",
	},
	{
		name: "pm_card_chargeDeclinedIncorrectCvc", number: "4000000000000127", brand: "visa", behaviour: declines,
		code: "incorrect_cvc", message: "Your card's security code is incorrect.",
	},
	{
		name: "pm_card_chargeDeclinedProcessingError", number: "4000000000000119", brand: "visa", behaviour: declines,
		code: "processing_error", message: "An error occurred while processing your card. Try again in a little bit.",
	},
	{name: "pm_card_threeDSecure2Required", number: "4000000000003220", brand: "visa", behaviour: challenges},
	{name: "pm_card_authenticationRequired", number: "4000002760003184", brand: "visa", behaviour: challenges},
	{name: "pm_card_authenticationRequiredOnSetup", number: "4000002500003155", brand: "visa", behaviour: challenges},
	{name: "pm_card_pendingRefund", number: "4000000000007726", brand: "visa", refunds: refundsPending},
	{name: "pm_card_refundFail", number: "4000000000005126", brand: "visa", refunds: refundsFailLater},
	{name: "pm_card_processing", brand: "visa", behaviour: processes},
}

// methodOf finds the payment method that a request names; nil when it names none.
func methodOf(form url.Values) (*testMethod, *apiError) {
	if name := form.Get("payment_method"); name != "" {
		m := methodNamed(name)
		if m == nil {
			return nil, missing("PaymentMethod", name, "payment_method", http.StatusBadRequest)
		}
		return m, nil
	}
	kind := form.Get("payment_method_data[type]")
	number := strings.ReplaceAll(form.Get("payment_method_data[card][number]"), " ", "")
	switch {
	case kind == "" && number == "":
		return nil, nil
	case kind != "card":
		return nil, invalid("", "payment_method_data[type]", "Only payment methods of type card are supported here.")
	}
	for i := range testMethods {
		if testMethods[i].number == number && number != "" {
			return &testMethods[i], nil
		}
	}
	e := &apiError{
		Type: typeCard, Code: "incorrect_number", Param: "number",
		Message: "Your card number is incorrect.", status: http.StatusPaymentRequired,
	}
	if luhn(number) {
		e.Code, e.DeclineCode = "card_declined", "test_mode_live_card"
		e.Message = "Your card was declined. Your request was in test mode, but used a non test card."
	}
	return nil, e
}

func methodNamed(name string) *testMethod {
	for i := range testMethods {
		if testMethods[i].name == name {
			return &testMethods[i]
		}
	}
	return nil
}

func (m *testMethod) card() cardDetails {
	last4 := "4242"
	if m.number != "" {
		last4 = m.number[len(m.number)-4:]
	}
	return cardDetails{Brand: m.brand, Country: "US", ExpMonth: 12, ExpYear: 2040, Funding: "credit", Last4: last4}
}

func (m *testMethod) object() *paymentMethod {
	return &paymentMethod{ID: m.name, Object: "payment_method", Type: "card", Card: m.card()}
}

// luhn checks the last digit of a card number.
func luhn(number string) bool {
	sum, double := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		d := int(number[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return len(number) >= 12 && sum%10 == 0
}
