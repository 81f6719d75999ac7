package booking

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// idPattern is what every id of the system looks like.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// IsID says whether text can be the id of anything. What cannot is unknown, and never reaches PostgreSQL.
func IsID(text string) bool { return idPattern.MatchString(text) }

// Ids are derived from what they stand for, never drawn at random: a repeated request, task or webhook
// arrives at the same id and finds what the first one did.

// ID is the booking that a customer's Idempotency-Key stands for.
func ID(customerID, idempotencyKey string) string { return derive("bk", customerID, idempotencyKey) }

// PaymentID is the payment of a booking that an Idempotency-Key stands for.
func PaymentID(bookingID, idempotencyKey string) string {
	return derive("pay", bookingID, idempotencyKey)
}

// RefundID is the refund of all that an intent has collected. The booking or a settlement that finds
// that the money has to go back, however often, means this one refund.
func RefundID(intentID string) string { return derive("rf", intentID) }

// TopUpID is the top-up of a wallet that a user's Idempotency-Key stands for.
func TopUpID(userID, idempotencyKey string) string { return derive("tu", userID, idempotencyKey) }

// WalletID is the ledger account of a user's wallet in a currency.
func WalletID(userID, currency string) string { return "wallet:" + userID + ":" + currency }

// ReservedWalletID is the ledger account of what is reserved of that wallet while a card is being paid.
func ReservedWalletID(userID, currency string) string {
	return "wallet-reserved:" + userID + ":" + currency
}

// RefundCommandID is the operator's command about a refund, such as UpdateRetry, that an Idempotency-Key stands for.
func RefundCommandID(refundID, command, operatorID, idempotencyKey string) string {
	return derive("rc", refundID, command, operatorID, idempotencyKey)
}

// UserID is the user known to an outside identity provider by issuer and subject.
func UserID(issuer, subject string) string { return derive("us", issuer, subject) }

// TicketID is the ticket of a booking.
func TicketID(bookingID string) string { return derive("tk", bookingID) }

// WorkflowID is the workflow of a booking.
func WorkflowID(bookingID string) string { return "booking/" + bookingID }

// TopUpWorkflowID is the workflow of a top-up.
func TopUpWorkflowID(topUpID string) string { return "top-up/" + topUpID }

// SettlementWorkflowID is the workflow that deals with money that no other workflow was waiting for.
func SettlementWorkflowID(intentID string) string { return "settle/" + intentID }

// AttemptKey is the provider's idempotency key for collecting a booking's quote for the nth time.
func AttemptKey(bookingID string, attempt int) string { return bookingID + ":" + strconv.Itoa(attempt) }

// RequestHash tells whether two requests under one Idempotency-Key ask for the same. The parts come in canonical order and form.
func RequestHash(parts ...any) (string, error) {
	canonical, err := json.Marshal(parts)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// derive hashes the parts to 130 bits behind a prefix that says what the id names. The parts are separated by a
// byte that no part contains, so that ("a", "bc") and ("ab", "c") differ.
func derive(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(prefix + "\x00" + strings.Join(parts, "\x00")))
	return prefix + "_" + strings.ToLower(idEncoding.EncodeToString(sum[:])[:26])
}

var idEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)
