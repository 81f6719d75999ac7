package sales

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/tickets"
)

// Booking is everything that its customer is shown of a booking, at one moment. Its times are in the theatre's own time zone.
type Booking struct {
	ID, CustomerID string
	Status         booking.Status
	// ExpiresAt is until when the seats of an unpaid booking are held.
	CreatedAt, ExpiresAt time.Time
	Show                 Show
	Seats                []Seat
	// Quote is what the seats cost, frozen; nil until they are priced.
	Quote         *booking.Quote
	Payments      []Payment
	Cancellations []SeatCancellation
	Refunds       []Refund
	// Ticket is for the remaining seats of a paid booking; nil for any other.
	Ticket *Ticket
	// ConfirmedAt is when it was paid; nil until then.
	ConfirmedAt *time.Time
	// CheckedInAt is when the ticket was scanned; nil when it was not.
	CheckedInAt *time.Time
	// Attendance is set for a booking whose show is over; empty for any other.
	Attendance booking.Attendance
	// Trail is every change of state, without operators' names.
	Trail []Change
	// PayRefusal is why it was not paid at once; nil unless Hold has returned the booking.
	PayRefusal *booking.Refusal

	requestHash string
}

// Show is the show of a booking. StartsAt and EndsAt are in the theatre's own time zone.
type Show struct {
	ID, Status, MovieID, MovieTitle, TheatreID, TheatreName, ScreenName, Language, Format string
	StartsAt, EndsAt                                                                      time.Time
}

// Seat is a seat of a booking. Price is in minor units of the quote's currency; nil until the seats are priced.
type Seat struct {
	Label     string `json:"label"`
	Category  string `json:"category"`
	Price     *int64 `json:"price"`
	Cancelled bool   `json:"cancelled"`
}

// SeatCancellation is what was cancelled in one go. Paid, Fee and Refund are in minor units of the booking's currency.
type SeatCancellation struct {
	ID       string                    `json:"id"`
	Seats    []string                  `json:"seats"`
	Percent  int                       `json:"percent"`
	Paid     int64                     `json:"paid"`
	Fee      int64                     `json:"fee"`
	Refund   int64                     `json:"refund"`
	RefundTo booking.RefundTo          `json:"refundTo"`
	Cause    booking.CancellationCause `json:"cause"`
	At       time.Time                 `json:"at"`
}

// Refund is money that goes back, or has gone back. Amount is in minor units of Currency.
type Refund struct {
	ID string `json:"id"`
	// CancellationID is the cancellation that it belongs to; empty for money that came after the booking had ended.
	CancellationID string               `json:"cancellationId"`
	Tender         booking.Tender       `json:"tender"`
	Amount         int64                `json:"amount"`
	Currency       string               `json:"currency"`
	Status         booking.RefundStatus `json:"status"`
	// Dispute is why it is held back, booking.DisputeOpen or DisputeLost; empty when it is not.
	Dispute string `json:"dispute"`
}

// Ticket admits customers. Code is the content of its QR code.
type Ticket struct {
	ID, Code string
	Seats    []string
}

// Change is a change of state. From is empty for the first one.
type Change struct {
	From   booking.Status `json:"from"`
	To     booking.Status `json:"to"`
	Reason string         `json:"reason"`
	Actor  booking.Actor  `json:"actor"`
	At     time.Time      `json:"at"`
}

// booking reads a booking; ok is false when it does not exist.
func (s *Sales) booking(ctx context.Context, id string) (b Booking, ok bool, err error) {
	rows, err := s.queries.BookingViews(ctx, []string{id})
	if err != nil || len(rows) == 0 {
		return Booking{}, false, err
	}
	b, err = s.ofRow(rows[0])
	return b, err == nil, err
}

// ofRow is the one place that turns a row into what a customer is shown.
func (s *Sales) ofRow(row db.BookingViewsRow) (Booking, error) {
	start, err := db.LocalTime(row.StartsAt, row.TimeZone)
	if err != nil {
		return Booking{}, err
	}
	zone := start.Location()
	b := Booking{
		ID: row.Booking.ID, CustomerID: row.Booking.CustomerID, Status: row.Booking.Status,
		CreatedAt: row.Booking.CreatedAt.In(zone), ExpiresAt: row.Booking.ExpiresAt.In(zone),
		Show: Show{
			ID: row.Booking.ShowID, Status: row.ShowStatus, MovieID: row.MovieID, MovieTitle: row.MovieTitle, TheatreID: row.TheatreID,
			TheatreName: row.TheatreName, ScreenName: row.ScreenName, Language: row.Language, Format: row.Format,
			StartsAt: start, EndsAt: row.EndsAt.In(zone),
		},
		Attendance: booking.Attendance(row.Attendance), requestHash: row.Booking.RequestHash,
	}
	if row.CheckedInAt != nil {
		at := row.CheckedInAt.In(zone)
		b.CheckedInAt = &at
	}
	if err := readLists(&b, row, zone); err != nil {
		return Booking{}, err
	}
	if b.Quote, err = quoteOf(row.Booking, b.Seats); err != nil {
		return Booking{}, err
	}
	if b.Status == booking.StatusConfirmed || b.Status == booking.StatusCompleted {
		ticket := Ticket{ID: booking.TicketID(b.ID), Seats: b.SeatsLeft()}
		if ticket.Code, err = tickets.Sign(s.options.TicketKey, b.ID, b.Show.ID, ticket.Seats); err != nil {
			return Booking{}, err
		}
		b.Ticket = &ticket
	}
	return b, nil
}

// readLists reads the lists of a row, which are JSON, into a booking.
func readLists(b *Booking, row db.BookingViewsRow, zone *time.Location) error {
	var payments []db.Payment // only those of its columns that customers see
	for name, list := range map[string]struct {
		text []byte
		into any
	}{
		"seats": {row.Seats, &b.Seats}, "payments": {row.Payments, &payments}, "cancellations": {row.Cancellations, &b.Cancellations},
		"refunds": {row.Refunds, &b.Refunds}, "trail": {row.Trail, &b.Trail},
	} {
		if err := json.Unmarshal(list.text, list.into); err != nil {
			return fmt.Errorf("%s of booking %s: %w", name, b.ID, err)
		}
	}
	b.Payments = make([]Payment, len(payments))
	for i, payment := range payments {
		payment.BookingID = b.ID
		b.Payments[i] = paymentOf(payment, b.Status)
		b.Payments[i].ShowID = b.Show.ID
	}
	for i := range b.Trail {
		b.Trail[i] = b.Trail[i].forCustomer()
		b.Trail[i].At = b.Trail[i].At.In(zone)
		if b.ConfirmedAt == nil && b.Trail[i].To == booking.StatusConfirmed {
			b.ConfirmedAt = &b.Trail[i].At
		}
	}
	for i := range b.Cancellations {
		b.Cancellations[i].At = b.Cancellations[i].At.In(zone)
	}
	return nil
}

// forCustomer hides operators' names, and what operators write for each other. That a show was cancelled may be read by everybody.
func (c Change) forCustomer() Change {
	if c.Actor.IsRole() {
		return c
	}
	c.Actor = booking.ActorOperator
	if c.Reason != booking.ReasonShowCancelled {
		c.Reason = "changed by an operator"
	}
	return c
}

// quoteOf is the frozen quote; nil until there is one.
func quoteOf(row db.Booking, seats []Seat) (*booking.Quote, error) {
	if row.Total == nil {
		return nil, nil //nolint:nilnil // an unpriced booking has no quote
	}
	quote := booking.Quote{
		Currency: *row.Currency, PriceMode: *row.PriceMode, TaxRounding: *row.TaxRounding,
		Subtotal: *row.Subtotal, Discount: *row.Discount, Fees: *row.Fees, Tax: *row.Tax, Total: *row.Total,
	}
	if err := json.Unmarshal(row.AppliedOffers, &quote.AppliedOffers); err != nil {
		return nil, fmt.Errorf("offers of booking %s: %w", row.ID, err)
	}
	for _, seat := range seats {
		if seat.Price != nil {
			quote.Seats = append(quote.Seats, booking.PricedSeat{Seat: seat.Label, Category: seat.Category, Price: *seat.Price})
		}
	}
	return &quote, nil
}

// SeatsLeft are the seats of a booking that have not been cancelled.
func (b Booking) SeatsLeft() []string {
	left := make([]string, 0, len(b.Seats))
	for _, seat := range b.Seats {
		if !seat.Cancelled {
			left = append(left, seat.Label)
		}
	}
	return left
}
