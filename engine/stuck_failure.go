package engine

import (
	"slices"
	"strings"
	"unicode"

	failurepb "go.temporal.io/api/failure/v1"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	// maxFailure is how many characters of a failure are shown.
	maxFailure = 200
	// maxCauses bounds how many causes of a failure are examined.
	maxCauses = 10
)

// tellable are the types of the steps' own failures, whose messages are meant to be read. Any other
// may quote an address or a statement.
var tellable = []string{
	booking.RefusalType, booking.FailureDefect, booking.FailureProviderRejected, booking.FailureProviderBusy, booking.FailureStillProcessing,
}

// The type of an error that a step has not classified is the name of its Go type.
const (
	// typeProviderError is the payment provider's own error. Other errors have that name, too, but its
	// messages begin with providerPrefix.
	typeProviderError = "Error"
	providerPrefix    = "provider: "
	// typeConnectError and typePgError are PostgreSQL's.
	typeConnectError = "ConnectError"
	typePgError      = "PgError"
)

// isTellable says whether a failure's message is meant to be read.
func isTellable(kind, message string) bool {
	return slices.Contains(tellable, kind) || kind == typeProviderError && strings.HasPrefix(message, providerPrefix)
}

// failureText says why a step failed, without internal details.
func failureText(failure *failurepb.Failure) string {
	text := "The step failed for a reason that the worker's log tells."
	for range maxCauses {
		app := failure.GetApplicationFailureInfo()
		switch {
		case failure == nil:
			return text
		case app != nil && isTellable(app.GetType(), failure.GetMessage()):
			return oneLine(failure.GetMessage())
		case app.GetType() == typeConnectError || app.GetType() == typePgError:
			text = "The database does not answer as it should."
		case failure.GetTimeoutFailureInfo() != nil:
			text = "The step did not end in time."
		}
		failure = failure.GetCause()
	}
	return text
}

// oneLine shortens a text and puts it on one line.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > maxFailure {
		text = string(runes[:maxFailure-1]) + "…"
	}
	return text
}
