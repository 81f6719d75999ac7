package request

import (
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/operations"
)

// Reason reads why an operator acts, of a body that has nothing else.
func Reason(c echo.Context) (string, error) {
	var body openapi.AdminReason
	if err := Decode(c, &body); err != nil {
		return "", err
	}
	return operations.ReadReason(body.Reason)
}
