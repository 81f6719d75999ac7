package booking

import (
	"encoding/json"
	"fmt"
)

// ShowStatusOnSale is the status of a show that can be booked until it starts.
const ShowStatusOnSale = "ON_SALE"

// DetailRetryAfter is the detail of a refusal that says after how many seconds a retry makes sense.
const DetailRetryAfter = "retryAfterSeconds"

// SeatsAreYours refuses a hold of seats that the same customer already holds under another booking, which goes on as it is.
func SeatsAreYours(showID, bookingID string, seats []string) *Refusal {
	return Refuse(CodeConflict, "You have these seats already, in another booking.").
		With("showId", showID).With("bookingId", bookingID).With("ownSeatIds", seats)
}

// holdLimit is what the database answers when a customer keeps too much of a show from others, by open
// holds or by letting them lapse again and again.
type holdLimit struct {
	Holds       int    `json:"holds"`
	MaxHolds    int    `json:"maxHolds"`
	Seats       int    `json:"seats"`
	MaxSeats    int    `json:"maxSeats"`
	BookingID   string `json:"bookingId"`
	UnpaidHolds int    `json:"unpaidHolds"`
	RetryAfter  int    `json:"retryAfterSeconds"`
}

// HoldLimited turns the database's objection to another hold into a refusal: CONFLICT for a customer who holds as much of
// the show as one customer may, RATE_LIMITED, with the seconds to wait, for one who let too many holds lapse. It is nil for
// SQL's null, when nothing speaks against the hold. An error means that the text did not come from the database's function.
func HoldLimited(showID string, text []byte) (*Refusal, error) {
	var limit *holdLimit
	if err := json.Unmarshal(text, &limit); err != nil {
		return nil, fmt.Errorf("read why a hold is refused: %w", err)
	}
	switch {
	case limit == nil:
		return nil, nil //nolint:nilnil // nothing speaks against it
	case limit.RetryAfter > 0:
		return Refuse(CodeRateLimited, "You have let many holds on this show end unpaid. Wait before you hold seats of it again.").
			With("showId", showID).With("unpaidHolds", limit.UnpaidHolds).With(DetailRetryAfter, limit.RetryAfter), nil
	default:
		return Refuse(CodeConflict, "You hold as many seats of this show as one customer may. Pay for them, or give them back, first.").
			With("showId", showID).With("holds", limit.Holds).With("maxHolds", limit.MaxHolds).
			With("seats", limit.Seats).With("maxSeats", limit.MaxSeats).With("bookingId", limit.BookingID), nil
	}
}
