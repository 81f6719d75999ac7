package answer

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/booking"
)

// badParameter finds the name in what the generated code says about a parameter or header that it cannot read.
var badParameter = regexp.MustCompile(`^(?:Invalid format for parameter|Header parameter|Expected one value for|Query argument) ([A-Za-z-]+)`)

// fromRouter translates what Echo and the generated code refuse by themselves.
func fromRouter(err *echo.HTTPError) *Failure {
	refuse := func(code booking.Code, message string) *Failure {
		return &Failure{Status: err.Code, Refusal: booking.Refuse(code, message)}
	}
	switch err.Code {
	case http.StatusNotFound:
		return refuse(booking.CodeNotFound, "There is nothing at this address.")
	case http.StatusMethodNotAllowed:
		return refuse(booking.CodeNotFound, "This address does not know this method.")
	case http.StatusBadRequest:
		f := refuse(booking.CodeValidation, "The request cannot be read.")
		if name := badParameter.FindStringSubmatch(fmt.Sprint(err.Message)); name != nil {
			f.Refusal = booking.InvalidField(name[1], name[1]+" "+parameterWord(fmt.Sprint(err.Message))+".")
		}
		return f
	default:
		return &Failure{
			Status:  http.StatusInternalServerError,
			Refusal: booking.Refuse(booking.CodeInternal, "Something went wrong on our side."),
		}
	}
}

// parameterWord says what is wrong with a parameter of which the generated code says so much.
func parameterWord(message string) string {
	switch {
	case strings.Contains(message, "required"):
		return "is required"
	case strings.Contains(message, "is not exploded"):
		return "may be given once, with commas between its values"
	case strings.Contains(message, "Expected one value"), strings.Contains(message, "multiple values"):
		return "may be given once"
	default:
		return "has a value that cannot be read"
	}
}
