package sales

import (
	"context"
	"fmt"
	"strings"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// precheckReaders is how many reads of prechecks may run at once. They are few, so that requests accumulate in a rush.
	precheckReaders = 2
	// precheckMost is how many requests one read may check.
	precheckMost = 200
)

// precheck finds out whether the booking exists already, and refuses what is obviously impossible, so
// that no workflow starts for it. It grants nothing.
func (s *Sales) precheck(ctx context.Context, request booking.Request) (db.BookingPrechecksRow, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	before, err := s.prechecks.Ask(ctx, request)
	if err != nil {
		return before, fmt.Errorf("look at the seats: %w", err)
	}
	if before.Booked || (before.WorkflowKnows && before.ShowStatus != "") {
		return before, nil
	}
	if err := precheckShow(request, before); err != nil {
		return before, err
	}
	return before, s.precheckCoupon(ctx, request)
}

func precheckShow(request booking.Request, before db.BookingPrechecksRow) error {
	switch {
	case before.ShowStatus == "":
		return booking.NotFound("show")
	case before.ShowStatus == booking.ShowStatusCancelled:
		return booking.ShowNotBookable(request.ShowID, booking.ReasonShowWasCancelled)
	case before.ShowStatus != booking.ShowStatusOnSale:
		return booking.ShowNotBookable(request.ShowID, booking.ReasonShowIsNotOnSale)
	case before.Started:
		return booking.ShowNotBookable(request.ShowID, booking.ReasonShowHasStarted)
	case len(before.Unknown) > 0:
		return booking.InvalidField("seatIds", "This show does not have all of these seats.").
			With(booking.DetailUnknownSeats, booking.SortSeats(before.Unknown))
	case len(before.Taken) > 0:
		return booking.SeatsTaken(request.ShowID, booking.SortSeats(before.Taken))
	case len(before.Own) > 0:
		return booking.SeatsAreYours(request.ShowID, before.OwnBooking, booking.SortSeats(before.Own))
	}
	limited, err := booking.HoldLimited(request.ShowID, before.Refusal)
	if limited != nil {
		return limited
	}
	return err
}

// precheckCoupon refuses a coupon that is obviously unavailable. A coupon that this very booking has
// reserved since the last check is no reason to refuse it.
func (s *Sales) precheckCoupon(ctx context.Context, request booking.Request) error {
	if request.CouponCode == "" {
		return nil
	}
	standing, err := s.queries.CouponStanding(ctx, db.CouponStandingParams{
		BookingID: request.BookingID, CustomerID: request.CustomerID, Code: request.CouponCode, ShowID: request.ShowID,
	})
	if err != nil {
		return fmt.Errorf("look at the coupon: %w", err)
	}
	if refusal := booking.CouponStanding(standing).Refusal(); refusal != nil {
		return refusal
	}
	return nil
}

// readPrechecks reads what decides about requests.
func readPrechecks(queries *db.Queries) func(context.Context, []booking.Request) ([]db.BookingPrechecksRow, error) {
	return func(ctx context.Context, requests []booking.Request) ([]db.BookingPrechecksRow, error) {
		n := len(requests)
		params := db.BookingPrechecksParams{
			BookingIds: make([]string, n), CustomerIds: make([]string, n), ShowIds: make([]string, n), Seats: make([]string, n),
		}
		for i, request := range requests {
			params.BookingIds[i], params.CustomerIds[i] = request.BookingID, request.CustomerID
			params.ShowIds[i], params.Seats[i] = request.ShowID, strings.Join(request.Seats, ",")
		}
		return queries.BookingPrechecks(ctx, params)
	}
}
