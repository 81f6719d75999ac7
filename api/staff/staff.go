// Package staff is the JSON face for those who work at a theatre: the door.
package staff

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/api/identity"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/api/request"
	"github.com/boxoffice/boxoffice/sales"
)

// Handlers implement the staff's operations of openapi.ServerInterface.
type Handlers struct{ sales *sales.Sales }

// New makes the handlers.
func New(of *sales.Sales) *Handlers { return &Handlers{of} }

// CreateCheckIn lets the customers of a booking in.
func (h *Handlers) CreateCheckIn(c echo.Context, _ openapi.CreateCheckInParams) error {
	var body openapi.CreateCheckInRequest
	if err := request.Decode(c, &body); err != nil {
		return err
	}
	in, err := h.sales.CheckIn(c.Request().Context(), sales.CheckInRequest{
		Code: body.QrCodeData, BookingID: body.BookingId, StaffID: identity.Caller(c).ID, CorrelationID: request.CorrelationID(c),
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.CheckIn{
		BookingId: in.ID, Show: answer.BookedShow(in.Show), SeatIds: in.SeatsLeft(), CheckedInAt: *in.CheckedInAt, AlreadyCheckedIn: in.Already,
	})
}
