package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// cancel posts a cancellation; without a body, none is sent.
func (b *bundle) cancel(user, bookingID string, body any) answer {
	b.Helper()
	return b.do(call{method: http.MethodPost, path: bookings + "/" + bookingID + "/cancel", user: user, body: body})
}

// showIn moves the show of most bookings to so long after now.
func (b *bundle) showIn(interval string) {
	b.Helper()
	b.exec("DELETE FROM show_prices WHERE show_id = 'sh_started'")
	b.exec("DELETE FROM shows WHERE id = 'sh_started'") // it is on the same screen
	b.exec("UPDATE shows SET starts_at = now() + $1::text::interval, ends_at = now() + interval '6 h' WHERE id = 'sh_hindi'", interval)
}

func TestCancelUnpaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.insert(row{id: "bk_ravi", customer: ravi, seats: []string{"B1"}})
	b.temporal.onUpdate = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		require.Equal(t, booking.WorkflowID("bk_1"), options.WorkflowID)
		require.Equal(t, booking.UpdateCancel, options.UpdateName)
		require.Empty(t, options.UpdateID, "a refused cancellation may be asked for again")
		b.exec("UPDATE bookings SET status = 'CANCELLED' WHERE id = 'bk_1'")
		return booking.Cancellation{BookingID: "bk_1", Status: booking.StatusCancelled}, nil
	})
	var done openapi.Cancellation
	b.cancel(asha, "bk_1", nil).is(http.StatusOK, &done)
	want := openapi.Cancellation{BookingId: "bk_1", Status: booking.StatusCancelled, SeatIds: []string{"A1", "A2"}, Refunds: []openapi.Refund{}, Refund: openapi.RefundSum{Status: "NONE"}}
	require.Equal(t, want, done)
	require.Len(t, b.temporal.updates, 1)

	b.exec(`INSERT INTO refunds (id, booking_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ('rf_1', 'bk_1', 'pi_1', 'CARD', 700, 'INR', 'late', 'SUCCEEDED', 'test')`)
	want.Refunds = []openapi.Refund{{RefundId: "rf_1", Tender: booking.TenderCard, Amount: 700, Currency: "INR", Status: "SUCCEEDED"}}
	want.Refund = openapi.RefundSum{Status: "SUCCEEDED", Amount: 700}
	for _, body := range []any{nil, "{}", map[string]any{"expectedRefund": 0}} {
		b.cancel(asha, "bk_1", body).is(http.StatusOK, &done)
		require.Equal(t, want, done, "a repeat finds the first")
	}
	require.Len(t, b.temporal.updates, 1)

	b.cancel(asha, "bk_ravi", nil).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.cancel(asha, "bk_none", nil).refuses(http.StatusNotFound, booking.CodeNotFound)
	b.cancel(asha, "a%00", nil).refuses(http.StatusNotFound, booking.CodeNotFound)
	b.cancel("", "bk_1", nil).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

func TestAnUnpaidBookingIsCancelledAsAWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	details := b.cancel(asha, "bk_1", map[string]any{"seatIds": []string{"A1"}}).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "seatIds", details["field"])
	details = b.cancel(asha, "bk_1", map[string]any{"expectedRefund": 15000}).refuses(http.StatusConflict, booking.CodeConflict)
	require.EqualValues(t, 0, details["refund"])
	require.Empty(t, b.temporal.updates)
}

// What the booking's own workflow says, or that there is none any more, meets what is written by then.
func TestCancelMeetsABookingThatMovedOn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		becomes booking.Status
		said    error
		status  int
		code    booking.Code
		words   string
	}{
		"paid meanwhile":           {booking.StatusConfirmed, refuse(booking.WrongState("This booking has ended.", booking.StatusConfirmed)), http.StatusConflict, booking.CodeInvalidState, "paid meanwhile"},
		"paid, and over":           {booking.StatusConfirmed, errNoWorkflow, http.StatusConflict, booking.CodeInvalidState, "paid meanwhile"},
		"failed meanwhile":         {booking.StatusFailed, errNoWorkflow, http.StatusConflict, booking.CodeInvalidState, "failed"},
		"expired meanwhile":        {booking.StatusExpired, errNoWorkflow, http.StatusGone, booking.CodeBookingExpired, "expired"},
		"cannot be stopped":        {booking.StatusPaymentPending, refuse(booking.WrongState("The payment is under way.", booking.StatusPaymentPending)), http.StatusConflict, booking.CodeInvalidState, "under way"},
		"open without a workflow":  {booking.StatusSeatsLocked, errNoWorkflow, http.StatusServiceUnavailable, booking.CodeUnavailable, ""},
		"too many attempts":        {booking.StatusSeatsLocked, refuse(booking.Refuse(booking.CodeConflict, "Too many attempts.")), http.StatusConflict, booking.CodeConflict, "Too many"},
		"nobody answers":           {booking.StatusSeatsLocked, context.DeadlineExceeded, http.StatusServiceUnavailable, booking.CodeUnavailable, ""},
		"cancelled, says somebody": {booking.StatusCancelled, refuse(booking.WrongState("This booking has ended.", booking.StatusCancelled)), http.StatusOK, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.insert(row{id: "bk_1"})
			b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) {
				b.exec("UPDATE bookings SET status = $1 WHERE id = 'bk_1'", test.becomes)
				return nil, test.said
			})
			got := b.cancel(asha, "bk_1", nil)
			if test.status == http.StatusOK {
				got.is(http.StatusOK, nil)
				return
			}
			got.refuses(test.status, test.code)
			require.Contains(t, string(got.body), test.words)
		})
	}
}

// cancelsSeats plays the workflow that cancels seats, at half of the price, with a refund to the card that is under way and one to the
// wallet that is done.
func (b *bundle) cancelsSeats() {
	b.temporal.onCommand = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		request := asked[booking.CancelSeatsRequest](b, options.Args)
		require.Equal(b, booking.CancelBookingWorkflowID(request.BookingID), options.WorkflowID)
		require.Equal(b, booking.UpdateCancel, options.UpdateName)
		require.Equal(b, booking.CancellationID(request.BookingID, request.Seats), options.UpdateID)
		require.Equal(b, client.WorkflowUpdateStageCompleted, options.WaitForStage)
		require.Equal(b, booking.CauseCustomer, request.Cause)
		require.Equal(b, string(booking.ActorCustomer), request.Actor)
		require.NotEmpty(b, request.CorrelationID)
		b.writeCancellation(request)
		return booking.CancelledSeats{CancellationID: request.ID(), BookingID: request.BookingID}, nil
	})
}

func (b *bundle) writeCancellation(request booking.CancelSeatsRequest) {
	b.Helper()
	b.exec(`WITH chosen AS (
	            SELECT s.seat FROM booking_seats s JOIN bookings b ON b.id = s.booking_id
	            WHERE b.id = $2 AND s.cancellation_id IS NULL AND (cardinality($3::text[]) = 0 OR s.seat = ANY ($3::text[]))
	        )
	        INSERT INTO cancellations (id, booking_id, seats, policy_id, percent, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
	        SELECT $1, $2, array_agg(seat ORDER BY seat), 1, 50, 0, 15000 * count(*), 7500 * count(*), 'INR', $4, 'CUSTOMER', 'CUSTOMER', 'test', 'test' FROM chosen`,
		request.ID(), request.BookingID, append([]string{}, request.Seats...), request.RefundTo)
	b.exec(`UPDATE booking_seats s SET cancellation_id = c.id FROM cancellations c WHERE c.id = $1 AND s.booking_id = c.booking_id AND s.seat = ANY (c.seats)`, request.ID())
	b.exec(`DELETE FROM claims cl USING cancellations c WHERE c.id = $1 AND cl.booking_id = c.booking_id AND cl.seat = ANY (c.seats)`, request.ID())
	b.exec(`INSERT INTO refunds (id, booking_id, payment_id, cancellation_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        SELECT $2, c.booking_id, p.id, c.id, p.intent_id, CASE c.refund_to WHEN 'WALLET' THEN 'WALLET' ELSE 'CARD' END, c.amount, 'INR', 'test',
	               CASE c.refund_to WHEN 'WALLET' THEN 'SUCCEEDED' ELSE 'INITIATED' END, 'test'
	        FROM cancellations c JOIN payments p ON p.booking_id = c.booking_id WHERE c.id = $1`,
		request.ID(), booking.CancellationRefundID(request.ID(), booking.TenderCard))
	b.exec(`UPDATE bookings b SET status = 'CANCELLED'
	        WHERE b.id = $1 AND NOT EXISTS (SELECT FROM booking_seats s WHERE s.booking_id = b.id AND s.cancellation_id IS NULL)`, request.BookingID)
}

func TestCancelSomeSeatsAndThenTheRest(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.cancelsSeats()
	var some openapi.Cancellation
	one := map[string]any{"seatIds": []string{"A2"}, "expectedRefund": 7500}
	b.cancel(asha, "bk_1", one).is(http.StatusOK, &some)
	id := booking.CancellationID("bk_1", []string{"A2"})
	back := openapi.Refund{
		RefundId: booking.CancellationRefundID(id, booking.TenderCard), CancellationId: &id, Tender: booking.TenderCard, Amount: 7500, Currency: "INR",
		Status: booking.RefundInitiated,
	}
	told := some.Cancellation
	some.Cancellation = nil
	require.Equal(t, openapi.Cancellation{BookingId: "bk_1", Status: booking.StatusConfirmed, SeatIds: []string{"A2"}, Refunds: []openapi.Refund{back}, Refund: openapi.RefundSum{Status: "INITIATED", Amount: 7500}}, some)
	start := b.temporal.starts[0]
	require.Equal(t, booking.CancelBookingWorkflowID("bk_1"), start.ID)
	require.Equal(t, "give back A2", start.StaticSummary)
	sent := asked[booking.CancelSeatsRequest](t, b.temporal.updates[0].Args)
	require.EqualValues(t, 7500, *sent.Expected)
	require.Equal(t, booking.RefundToOriginal, sent.RefundTo)

	var mine openapi.Booking
	b.get(asha, bookings+"/bk_1").is(http.StatusOK, &mine)
	require.Equal(t, []string{"A1"}, mine.Ticket.SeatIds, "the ticket is for the seats that are left")
	require.Nil(t, mine.Pricing.Lines[0].Cancelled)
	require.True(t, *mine.Pricing.Lines[1].Cancelled)
	require.Equal(t, []openapi.Refund{back}, mine.Refunds)
	require.Len(t, mine.Cancellations, 1)
	require.Equal(t, mine.Cancellations[0], *told)
	some.Cancellation = told
	listed := mine.Cancellations[0]
	require.Equal(t, time.Duration(0), listed.At.Sub(listed.At.Truncate(time.Microsecond)))
	listed.At = time.Time{}
	require.Equal(t, openapi.SeatCancellation{
		CancellationId: id, SeatIds: []string{"A2"}, Percent: 50, Paid: 15000, Refund: 7500, RefundTo: booking.RefundToOriginal, Cause: booking.CauseCustomer,
	}, listed)
	require.Equal(t, openapi.SeatAvailable, b.seat("sh_hindi", "A2").Status, "it is on sale again")
	require.Equal(t, openapi.SeatSold, b.seat("sh_hindi", "A1").Status)

	var again openapi.Cancellation
	b.cancel(asha, "bk_1", map[string]any{"seatIds": []string{"A2"}, "expectedRefund": 1, "refundTo": "ORIGINAL"}).is(http.StatusOK, &again)
	require.Equal(t, some, again, "a repeat finds the first, whatever it expects")
	require.Len(t, b.temporal.updates, 1)

	var rest openapi.Cancellation
	b.cancel(asha, "bk_1", map[string]any{"refundTo": "WALLET"}).is(http.StatusOK, &rest)
	require.Equal(t, booking.StatusCancelled, rest.Status)
	require.Equal(t, []string{"A1"}, rest.SeatIds)
	require.Len(t, rest.Refunds, 1)
	require.Equal(t, booking.TenderWallet, rest.Refunds[0].Tender)
	b.cancel(asha, "bk_1", nil).is(http.StatusOK, &again)
	require.Equal(t, rest, again)
	require.Len(t, b.temporal.updates, 2)
	mine = openapi.Booking{}
	b.get(asha, bookings+"/bk_1").is(http.StatusOK, &mine)
	require.Nil(t, mine.Ticket)
	require.Len(t, mine.Cancellations, 2)
	require.Len(t, mine.Refunds, 2)

	details := b.cancel(asha, "bk_1", map[string]any{"seatIds": []string{"A1", "A2"}}).refuses(http.StatusConflict, booking.CodeInvalidState)
	require.Equal(t, "CANCELLED", details["status"])
}

// Two cancellations of the same seats come at once, and want the money in different places: whoever is second is told where it goes.
func TestWhoWantsTheMoneyElsewhereAndComesSecondIsTold(t *testing.T) {
	t.Parallel()
	for _, first := range []booking.RefundTo{booking.RefundToOriginal, booking.RefundToWallet} {
		second := map[booking.RefundTo]booking.RefundTo{booking.RefundToOriginal: booking.RefundToWallet, booking.RefundToWallet: booking.RefundToOriginal}[first]
		for name, seats := range map[string][]string{"all": nil, "one": {"A2"}} {
			t.Run(string(first)+" "+name, func(t *testing.T) {
				t.Parallel()
				b := withPaidBooking(t)
				id := booking.CancellationID("bk_1", seats)
				// The other is faster between this one's look and its update, which Temporal answers with what the first came to.
				b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) {
					b.writeCancellation(booking.CancelSeatsRequest{BookingID: "bk_1", Seats: seats, RefundTo: first})
					return booking.CancelledSeats{CancellationID: id, BookingID: "bk_1", RefundTo: first}, nil
				})
				body := map[string]any{"refundTo": second}
				if seats != nil {
					body["seatIds"] = seats
				}
				for _, moment := range []string{"in the race", "later"} {
					details := b.cancel(asha, "bk_1", body).refuses(http.StatusConflict, booking.CodeConflict)
					require.Equal(t, map[string]any{"field": "refundTo", "refundTo": string(first), "cancellationId": id}, details, moment)
				}
				var answer openapi.Cancellation
				body["refundTo"] = first
				b.cancel(asha, "bk_1", body).is(http.StatusOK, &answer)
				require.Equal(t, first, answer.Cancellation.RefundTo)
				delete(body, "refundTo")
				b.cancel(asha, "bk_1", body).is(http.StatusOK, &answer)
				require.Equal(t, first, answer.Cancellation.RefundTo, "who has not named a place is told it")
				require.Equal(t, 1, b.count("SELECT count(*) FROM refunds"))
			})
		}
	}
}

// Each seat by itself, then all that are left, of which there are none.
func TestWhoCancelsWhatOthersHaveCancelledSeatBySeatIsTold(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.cancelsSeats()
	for _, seat := range []string{"A1", "A2"} {
		b.cancel(asha, "bk_1", map[string]any{"seatIds": []string{seat}, "refundTo": "WALLET"}).is(http.StatusOK, nil)
	}
	details := b.cancel(asha, "bk_1", map[string]any{"refundTo": "ORIGINAL"}).refuses(http.StatusConflict, booking.CodeConflict)
	require.Equal(t, "WALLET", details["refundTo"])
	b.cancel(asha, "bk_1", map[string]any{"refundTo": "WALLET"}).is(http.StatusOK, nil)
	b.cancel(asha, "bk_1", nil).is(http.StatusOK, nil)
}

// seat is one seat of a show's map.
func (b *bundle) seat(showID, label string) (found openapi.Seat) {
	b.Helper()
	var drawn openapi.SeatMap
	b.get("", "/api/v1/shows/"+showID+"/seats").is(http.StatusOK, &drawn)
	for _, row := range drawn.SeatMap.Rows {
		for _, seat := range row.Seats {
			if seat.SeatId == label {
				return seat
			}
		}
	}
	require.Fail(b, "no such seat", label)
	return found
}

func TestCancelledByNameIsCancelledForGood(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.cancelsSeats()
	b.cancel(asha, "bk_1", map[string]any{"seatIds": []string{"A2", "A1"}}).is(http.StatusOK, nil)
	var done openapi.Cancellation
	b.cancel(asha, "bk_1", nil).is(http.StatusOK, &done)
	require.Equal(t, booking.StatusCancelled, done.Status)
	require.Equal(t, []string{"A1", "A2"}, done.SeatIds)
	require.Len(t, done.Refunds, 1)
	require.Len(t, b.temporal.updates, 1)
}

func TestCustomersAreNotToldWhichOperatorDidWhatAndWhy(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.exec(`INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
	        VALUES ('bk_1', 'CONFIRMED', 'CANCELLED', 'looks like a tout, see case 7', 'us_ada', 'test')`)
	var mine openapi.Booking
	got := b.get(asha, bookings+"/bk_1").is(http.StatusOK, &mine)
	last := mine.Trail[len(mine.Trail)-1]
	require.Equal(t, booking.ActorOperator, last.Actor)
	require.Equal(t, booking.StatusCancelled, last.To)
	require.NotContains(t, string(got.body), "tout")
	require.NotContains(t, string(got.body), "us_ada")
	require.Equal(t, booking.ActorCustomer, mine.Trail[0].Actor)
	require.Equal(t, "seats requested", mine.Trail[0].Reason)
}

func TestTheWorkflowHasTheLastWord(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) {
		return nil, refuse(booking.Refuse(booking.CodeConflict, "Cancelling gives back another sum than expected.").With("field", "expectedRefund").With("refund", 1))
	})
	details := b.cancel(asha, "bk_1", map[string]any{"expectedRefund": 15000}).refuses(http.StatusConflict, booking.CodeConflict)
	require.EqualValues(t, 1, details["refund"])

	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) {
		b.writeCancellation(booking.CancelSeatsRequest{BookingID: "bk_1", Seats: []string{"A1", "A2"}, RefundTo: booking.RefundToOriginal})
		return nil, refuse(booking.WrongState("This booking has been cancelled already.", booking.StatusCancelled))
	})
	var done openapi.Cancellation
	b.cancel(asha, "bk_1", nil).is(http.StatusOK, &done)
	require.Equal(t, []string{"A1", "A2"}, done.SeatIds, "somebody else was faster; it is cancelled all the same")
}

func TestCancelWithoutTemporal(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	b.cancel(asha, "bk_1", nil).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) { return nil, errNoWorkflow })
	b.cancel(asha, "bk_1", nil).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	require.Equal(t, 0, b.count("SELECT count(*) FROM cancellations"))
}

func TestBadCancellations(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	for body, field := range map[string]string{
		`{"expectedRefund": -1}`:    "expectedRefund",
		`{"refundTo": "CARD"}`:      "refundTo",
		`{"refundTo": ""}`:          "refundTo",
		`{"seatIds": []}`:           "seatIds",
		`{"seatIds": ["A1", "A1"]}`: "seatIds",
		`{"seatIds": ["a1"]}`:       "seatIds",
		`{"seatIds": ["A1", "B5"]}`: "seatIds",
		`{"seatIds": ["A1","A2","A3","A4","A5","B1","B2","B3","B4","B5","B6"]}`: "seatIds",
	} {
		require.Equal(t, field, b.cancel(asha, "bk_1", body).refuses(http.StatusBadRequest, booking.CodeValidation)["field"], body)
	}
	for _, body := range []string{
		`{"expectedRefund": 1.5}`, `{"expectedRefund": "15000"}`, `{"expectedRefund": 99999999999999999999}`, `{"seatIds": "A1"}`, `{"seats": ["A1"]}`, `[]`, `{`, " ", "null", "null", " null\n",
	} {
		b.cancel(asha, "bk_1", body).refuses(http.StatusBadRequest, booking.CodeValidation)
	}
	b.do(call{method: http.MethodPost, path: bookings + "/bk_1/cancel", user: asha, body: "{}", header: map[string]string{"Content-Type": "text/plain"}}).
		refuses(http.StatusUnsupportedMediaType, booking.CodeValidation)
	b.cancel(asha, "bk_1", `{"refundTo": "`+strings.Repeat("x", 64<<10)+`"}`).refuses(http.StatusRequestEntityTooLarge, booking.CodeValidation)

	details := b.cancel(asha, "bk_1", map[string]any{"expectedRefund": 30000}).refuses(http.StatusConflict, booking.CodeConflict)
	require.EqualValues(t, 15000, details["refund"])
	require.Equal(t, "expectedRefund", details["field"])
	b.cancel(ravi, "bk_1", nil).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.showIn("1 h")
	b.cancel(asha, "bk_1", nil).refuses(http.StatusConflict, booking.CodeConflict)
	for status, want := range map[booking.Status]int{
		booking.StatusCompleted: http.StatusConflict, booking.StatusFailed: http.StatusConflict, booking.StatusExpired: http.StatusGone,
	} {
		b.exec("UPDATE bookings SET status = $1 WHERE id = 'bk_1'", status)
		require.Equal(t, want, b.cancel(asha, "bk_1", nil).status, status)
	}
	require.Empty(t, b.temporal.updates, "none of this reaches a workflow")
}
