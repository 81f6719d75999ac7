package accounts

import (
	"net/mail"
	"strings"

	"github.com/boxoffice/boxoffice/booking"
)

// maxEmail is how many bytes an e-mail address may have (RFC 5321).
const maxEmail = 254

// Email checks an e-mail address and returns it in the form in which it is stored: lower case.
func Email(text string) (string, error) {
	text = strings.TrimSpace(text)
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > maxEmail || strings.ContainsFunc(text, notASCIIPrintable) {
		return "", booking.InvalidField("email", "This is not an e-mail address.")
	}
	return strings.ToLower(text), nil
}

func notASCIIPrintable(r rune) bool { return r <= ' ' || r > '~' }
