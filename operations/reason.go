package operations

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/boxoffice/boxoffice/booking"
)

// maxReason is how many characters the reason of an operator may have.
const maxReason = 500

// ReadReason gives the reason of an operator as it is kept. It refuses with VALIDATION_ERROR none, one that is too long, and one of several lines:
// without a reason there is no trail worth the name.
func ReadReason(text string) (string, error) {
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
