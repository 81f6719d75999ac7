package api

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// maxReason is how many characters the reason of an operator's act may have.
const maxReason = 500

// requireAdmin refuses everybody who is no administrator; it comes after requireUser.
func requireAdmin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if principalOf(c).role != openapi.ADMIN {
			return booking.Refuse(booking.CodeForbidden, "Only administrators may do this.")
		}
		return next(c)
	}
}

// requireOperatorOfShows refuses everybody who may cancel no show at all: it lets administrators and partners through. Whose show it is,
// the handler finds out.
func requireOperatorOfShows(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if role := principalOf(c).role; role != openapi.ADMIN && role != openapi.PARTNER {
			return booking.Refuse(booking.CodeForbidden, "Only administrators and partners may do this.")
		}
		return next(c)
	}
}

// adminReason reads why an operator acts: without a reason there is no trail worth the name.
func adminReason(c echo.Context) (string, error) {
	var body openapi.AdminReason
	if err := decode(c, &body); err != nil {
		return "", err
	}
	return checkReason(body.Reason)
}

// checkReason gives a reason as it is kept.
func checkReason(text string) (string, error) {
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
