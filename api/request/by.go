package request

import (
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/operations"
)

// By reads, of a body that has nothing but a reason, who does something and why.
func By(c echo.Context) (operations.By, error) {
	reason, err := Reason(c)
	return ByFor(c, reason), err
}

// ByFor says who does something for a reason that has been read already.
func ByFor(c echo.Context, reason string) operations.By {
	return operations.By{ActorID: identity.Caller(c).ID, Reason: reason, CorrelationID: CorrelationID(c)}
}
