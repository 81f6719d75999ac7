package request

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// maxReason is how many characters the reason of an operator may have.
const maxReason = 500

// Reason reads why an operator acts: without a reason there is no trail worth the name.
func Reason(c echo.Context) (string, error) {
	var body openapi.AdminReason
	if err := Decode(c, &body); err != nil {
		return "", err
	}
	return CheckReason(body.Reason)
}

// CheckReason gives a reason as it is kept.
func CheckReason(text string) (string, error) {
	reason := strings.TrimSpace(text)
	switch {
	case !strings.ContainsFunc(reason, unicode.IsGraphic):
		return "", booking.InvalidField("reason", "reason is required.")
	case utf8.RuneCountInString(reason) > maxReason:
		return "", booking.InvalidField("reason", fmt.Sprintf("A reason has at most %d characters.", maxReason)).With("maxLength", maxReason)
	case strings.ContainsFunc(reason, breaksLine):
		return "", booking.InvalidField("reason", "A reason is one line of text.")
	}
	return reason, nil
}

// breaksLine finds what does not belong into a line of text: control characters, line breaks of every kind, and what turns the direction of
// whatever comes after.
func breaksLine(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
