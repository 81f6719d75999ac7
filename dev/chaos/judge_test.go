package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/booking"
)

// rightEvidence is that of a small run in which everything is right: one booking is kept, of one a seat went back, one was cancelled, one has expired, and a wallet was
// topped up.
func rightEvidence() evidence {
	confirmed := []openapi.StateChange{{To: booking.StatusInitiated}, {To: booking.StatusConfirmed}}
	cancelled := true
	ticket := func(seats ...string) *openapi.Ticket { return &openapi.Ticket{SeatIds: seats} }
	show := openapi.BookedShow{ShowId: "sh_1"}
	return evidence{
		Promises: []promise{
			{ID: "bk_kept", Customer: "ann", Show: "sh_1", Seats: []string{"A1", "A2"}, Confirmed: true},
			{ID: "bk_part", Customer: "bob", Show: "sh_1", Seats: []string{"A3", "A4"}, Confirmed: true, Asked: []string{"A3"}, Returned: []string{"A3"}},
			{ID: "bk_gone", Customer: "bob", Show: "sh_1", Seats: []string{"A5"}, Confirmed: true, Asked: []string{"A5"}, Returned: []string{"A5"}},
			{ID: "bk_late", Customer: "ann", Show: "sh_1", Seats: []string{"A6"}, Expired: true},
		},
		Bookings: map[string]openapi.Booking{
			"bk_kept": {
				BookingId: "bk_kept", Status: booking.StatusConfirmed, Show: show, Seats: []string{"A1", "A2"},
				Pricing: &openapi.Pricing{Total: 500, Lines: []openapi.PricingLine{{SeatId: "A1"}, {SeatId: "A2"}}}, Trail: confirmed, Ticket: ticket("A1", "A2"),
			},
			"bk_part": {
				BookingId: "bk_part", Status: booking.StatusConfirmed, Show: show, Seats: []string{"A3", "A4"},
				Pricing: &openapi.Pricing{Total: 400, Lines: []openapi.PricingLine{{SeatId: "A3", Cancelled: &cancelled}, {SeatId: "A4"}}}, Trail: confirmed, Ticket: ticket("A4"), Cancellations: []openapi.SeatCancellation{{Refund: 150}},
			},
			"bk_gone": {
				BookingId: "bk_gone", Status: booking.StatusCancelled, Show: show, Seats: []string{"A5"},
				Pricing: &openapi.Pricing{Total: 200, Lines: []openapi.PricingLine{{SeatId: "A5", Cancelled: &cancelled}}}, Trail: confirmed, Cancellations: []openapi.SeatCancellation{{Refund: 200}},
			},
			"bk_late": {
				BookingId: "bk_late", Status: booking.StatusExpired, Show: show, Seats: []string{"A6"}, Pricing: &openapi.Pricing{Total: 200, Lines: []openapi.PricingLine{{SeatId: "A6"}}},
				Trail: []openapi.StateChange{{To: booking.StatusInitiated}, {To: booking.StatusExpired}},
			},
		},
		Owners:    map[string]string{"bk_kept": "ann", "bk_part": "bob", "bk_gone": "bob", "bk_late": "ann"},
		Cancelled: map[string]bool{"sh_2": true},
		Sold:      []soldSeat{{"sh_1", "A1", "bk_kept"}, {"sh_1", "A2", "bk_kept"}, {"sh_1", "A4", "bk_part"}},
		Wallets: map[string]wallet{
			"ann": {Gift: 1000, Available: 700, TopUps: map[string]int64{}},
			"bob": {Gift: 100, Available: 150, TopUps: map[string]int64{"tu_1": 50}},
		},
		Charges: []charge{
			{ID: "pi_1", Received: 200, Metadata: map[string]string{booking.MetadataBooking: "bk_kept"}},
			{ID: "pi_2", Received: 400, Metadata: map[string]string{booking.MetadataBooking: "bk_part"}},
			{ID: "pi_3", Received: 200, Metadata: map[string]string{booking.MetadataBooking: "bk_gone"}},
			{ID: "pi_4", Received: 50, Metadata: map[string]string{booking.MetadataTopUp: "tu_1"}},
		},
		Paybacks: []payback{
			{IntentID: "pi_2", Status: "succeeded", Amount: 150}, {IntentID: "pi_3", Status: "pending", Amount: 200}, {IntentID: "pi_3", Status: "failed", Amount: 200},
		},
		Audit: audit.Report{Clean: true, Checks: []audit.Check{{Name: "seats.sold"}}},
	}
}

func TestWhatIsRightIsNotBroken(t *testing.T) {
	t.Parallel()
	require.Empty(t, judge(rightEvidence()))
}

func TestTheJudgeNotices(t *testing.T) {
	t.Parallel()
	change := func(e *evidence, id string, change func(*openapi.Booking)) {
		b := e.Bookings[id]
		change(&b)
		e.Bookings[id] = b
	}
	for name, plant := range map[string]func(*evidence){
		"a booking that has vanished": func(e *evidence) { delete(e.Bookings, "bk_kept") },
		"somebody else's booking":     func(e *evidence) { e.Owners["bk_kept"] = "bob" },
		"a confirmed booking that has expired": func(e *evidence) {
			change(e, "bk_kept", func(b *openapi.Booking) { b.Status = booking.StatusExpired })
		},
		"a confirmed booking that nobody wanted cancelled": func(e *evidence) {
			change(e, "bk_kept", func(b *openapi.Booking) { b.Status = booking.StatusCancelled })
		},
		"a booking that was never confirmed":              func(e *evidence) { change(e, "bk_kept", func(b *openapi.Booking) { b.Trail = nil }) },
		"a booking that never expired, whatever was said": func(e *evidence) { e.Promises[0].Expired = true },
		"a booking that waits for ever": func(e *evidence) {
			change(e, "bk_late", func(b *openapi.Booking) { b.Status = booking.StatusPaymentPending })
		},
		"a booking that failed": func(e *evidence) { change(e, "bk_late", func(b *openapi.Booking) { b.Status = booking.StatusFailed }) },
		"a missing ticket":      func(e *evidence) { change(e, "bk_kept", func(b *openapi.Booking) { b.Ticket = nil }) },
		"a ticket for other seats": func(e *evidence) {
			change(e, "bk_kept", func(b *openapi.Booking) { b.Ticket.SeatIds = []string{"A1"} })
		},
		"a seat that was given back":    func(e *evidence) { e.Promises[1].Returned = []string{"A4"} },
		"a seat that nobody gave back":  func(e *evidence) { e.Promises[1].Asked = nil },
		"a seat that is sold twice":     func(e *evidence) { change(e, "bk_part", func(b *openapi.Booking) { b.Pricing.Lines[1].SeatId = "A2" }) },
		"a confirmed seat that is free": func(e *evidence) { e.Sold = e.Sold[1:] },
		"a sold seat that is nobody's":  func(e *evidence) { e.Sold = append(e.Sold, soldSeat{"sh_1", "A9", "bk_late"}) },
		"a charge too many": func(e *evidence) {
			e.Charges = append(e.Charges, charge{ID: "pi_5", Received: 1, Metadata: map[string]string{booking.MetadataBooking: "bk_late"}})
		},
		"a charge for nobody": func(e *evidence) {
			e.Charges = append(e.Charges, charge{ID: "pi_5", Received: 1, Metadata: map[string]string{booking.MetadataBooking: "bk_none"}})
		},
		"a refund too many": func(e *evidence) {
			e.Paybacks = append(e.Paybacks, payback{IntentID: "pi_1", Status: "succeeded", Amount: 1})
		},
		"a refund beyond its charge": func(e *evidence) {
			e.Paybacks = append(e.Paybacks, payback{IntentID: "pi_3", Status: "succeeded", Amount: 1})
		},
		"a refund that did not arrive":    func(e *evidence) { e.Paybacks[0].Status = "failed" },
		"a wallet with too little":        func(e *evidence) { e.Wallets["ann"] = wallet{Gift: 1000, Available: 699} },
		"money that stays set aside":      func(e *evidence) { e.Wallets["ann"] = wallet{Gift: 1000, Available: 690, Reserved: 10} },
		"a top-up that was not collected": func(e *evidence) { e.Charges = e.Charges[:3] },
		"a top-up that was not credited":  func(e *evidence) { e.Wallets["bob"] = wallet{Gift: 100, Available: 100} },
		"a finding of the audit": func(e *evidence) {
			e.Audit = audit.Report{Checks: []audit.Check{{Name: "x", Findings: []audit.Finding{{ID: "bk_1"}}}}}
		},
		"an audit that was not carried out": func(e *evidence) { e.Audit = audit.Report{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := rightEvidence()
			plant(&e)
			require.NotEmpty(t, judge(e))
		})
	}
}

// A cancelled show excuses what it does to bookings.
func TestACancelledShowCancels(t *testing.T) {
	t.Parallel()
	e := rightEvidence()
	e.Cancelled["sh_1"] = true
	b := e.Bookings["bk_kept"]
	b.Status, b.Ticket, b.Cancellations = booking.StatusCancelled, nil, []openapi.SeatCancellation{{Refund: 500}}
	e.Bookings["bk_kept"] = b
	e.Sold = e.Sold[2:]
	e.Paybacks = append(e.Paybacks, payback{IntentID: "pi_1", Status: "succeeded", Amount: 200})
	e.Wallets["ann"] = wallet{Gift: 1000, Available: 1000}
	require.Empty(t, judge(e))
}
