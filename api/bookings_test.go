package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/tickets"
)

const bookings = "/api/v1/bookings"

// holdBody is the body of a request for seats.
func holdBody(show string, seats ...string) map[string]any {
	return map[string]any{"showId": show, "seatIds": append([]string{}, seats...)}
}

// holds lets every booking workflow lock its seats.
func (b *bundle) holds() { b.sells(booking.StatusSeatsLocked, nil) }

// sells lets every booking workflow lock its seats, and answer as given. The booking stands so afterwards.
func (b *bundle) sells(status booking.Status, refused *booking.Refusal) {
	var written sync.Map
	b.temporal.onHold = func(_ context.Context, request booking.Request) (booking.Hold, error) {
		if _, before := written.LoadOrStore(request.BookingID, true); !before {
			b.insert(row{ //nolint:contextcheck // the row outlives the request
				id: request.BookingID, customer: request.CustomerID, show: request.ShowID, seats: request.Seats, hash: request.RequestHash, status: status,
			})
		}
		return booking.Hold{BookingID: request.BookingID, RequestHash: request.RequestHash, PayRefusal: refused}, nil
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.holds()
	var made openapi.Booking
	got := b.do(call{method: http.MethodPost, path: bookings, user: asha, body: holdBody("sh_hindi", "A2", "A1"), header: map[string]string{
		"Idempotency-Key": "first-key", "X-Correlation-Id": "checkout-7",
	}}).is(http.StatusCreated, &made)
	id := booking.ID(asha, "first-key")
	require.Equal(t, id, made.BookingId)
	require.Equal(t, bookings+"/"+id, got.header.Get("Location"))
	require.Equal(t, booking.StatusSeatsLocked, made.Status)
	require.Equal(t, "Sholay", made.Show.MovieTitle)
	require.Equal(t, "Regal", made.Show.TheatreName)
	require.Len(t, made.Seats, 2)
	require.Equal(t, "A1", made.Seats[0])
	require.Equal(t, "STANDARD", made.Pricing.Lines[0].Type)
	require.EqualValues(t, 15000, *made.Pricing.Lines[0].Price)
	require.Equal(t, &openapi.Pricing{
		Currency: "INR", PriceMode: booking.PricesAdded, TaxRounding: booking.TaxBySum, Subtotal: 30000, Total: 30000, AppliedOffers: []openapi.AppliedOffer{}, Lines: made.Pricing.Lines,
	}, made.Pricing)
	require.WithinDuration(t, time.Now().Add(5*time.Minute), made.ExpiresAt, time.Minute)
	require.Nil(t, made.Ticket)
	require.Len(t, made.Trail, 2)

	require.Len(t, b.temporal.requests, 1)
	request := b.temporal.requests[0]
	require.Equal(t, booking.Request{
		BookingID: id, CustomerID: asha, ShowID: "sh_hindi", TheatreID: "th_regal", Seats: []string{"A1", "A2"},
		RequestHash: b.hashOf(id), CorrelationID: "checkout-7",
	}, request)
	start := b.temporal.starts[0]
	require.Equal(t, booking.WorkflowID(id), start.ID)
	require.Equal(t, 2, start.Priority.PriorityKey)
	require.Regexp(t, `^2 seats A1 A2 · Sholay · [A-Z][a-z]{2} \d\d:\d\d$`, start.StaticSummary)
	for name, want := range map[string]string{
		booking.AttributeStatus: "SEATS_LOCKED", booking.AttributeCustomer: asha, booking.AttributeShow: "sh_hindi", booking.AttributeTheatre: "th_regal",
	} {
		value, ok := start.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(name))
		require.True(t, ok, name)
		require.Equal(t, want, value)
	}

	var again openapi.Booking
	b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A1", "A2")).is(http.StatusCreated, &again)
	require.Equal(t, made, again, "in another order it is the same request")
	require.Len(t, b.temporal.requests, 1, "the row answers")
}

func TestHoldIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_ravi", customer: ravi, seats: []string{"A1", "B2"}})
	b.insert(row{id: "bk_sold", customer: ravi, seats: []string{"A2"}, status: booking.StatusConfirmed})

	details := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "B2", "A3", "A2")).refuses(http.StatusConflict, booking.CodeSeatLockFailed)
	require.Equal(t, map[string]any{"showId": "sh_hindi", "unavailableSeatIds": []any{"A2", "B2"}}, details)

	details = b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A3", "Z9", "A33")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, map[string]any{"field": "seatIds", "unknownSeatIds": []any{"A33", "Z9"}}, details)
	details = b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "a3", "\x00")).refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "seatIds", details["field"])

	for name, c := range map[string]struct {
		body   any
		status int
		code   booking.Code
		field  any
	}{
		"unknown show":       {holdBody("sh_none", "A1"), http.StatusNotFound, booking.CodeNotFound, nil},
		"impossible show":    {holdBody("no such\x00show", "A1"), http.StatusNotFound, booking.CodeNotFound, nil},
		"closed show":        {holdBody("sh_closed", "A4"), http.StatusBadRequest, booking.CodeValidation, "showId"},
		"started show":       {holdBody("sh_started", "A4"), http.StatusBadRequest, booking.CodeValidation, "showId"},
		"no show":            {map[string]any{"seatIds": []string{"A1"}}, http.StatusBadRequest, booking.CodeValidation, "showId"},
		"no seats":           {holdBody("sh_hindi"), http.StatusBadRequest, booking.CodeValidation, "seatIds"},
		"seats missing":      {map[string]any{"showId": "sh_hindi"}, http.StatusBadRequest, booking.CodeValidation, "seatIds"},
		"a seat twice":       {holdBody("sh_hindi", "A3", "A4", "A3"), http.StatusBadRequest, booking.CodeValidation, "seatIds"},
		"too many seats":     {holdBody("sh_hindi", "A1", "A2", "A3", "A4", "A5", "B1", "B2", "B3", "B4", "B5", "C1"), http.StatusBadRequest, booking.CodeValidation, "seatIds"},
		"an unknown field":   {map[string]any{"showId": "sh_hindi", "seatIds": []string{"A3"}, "price": 1}, http.StatusBadRequest, booking.CodeValidation, "price"},
		"a wrong type":       {`{"showId": 7, "seatIds": ["A3"]}`, http.StatusBadRequest, booking.CodeValidation, "showId"},
		"malformed JSON":     {`{"showId": "sh_hindi"`, http.StatusBadRequest, booking.CodeValidation, nil},
		"not an object":      {`["sh_hindi"]`, http.StatusBadRequest, booking.CodeValidation, nil},
		"two objects":        {`{"showId":"sh_hindi","seatIds":["A3"]} {}`, http.StatusBadRequest, booking.CodeValidation, nil},
		"nothing":            {"", http.StatusBadRequest, booking.CodeValidation, nil},
		"a body over 64 KiB": {`{"showId":"` + strings.Repeat("x", 64<<10) + `"}`, http.StatusRequestEntityTooLarge, booking.CodeValidation, nil},
	} {
		details := b.post(asha, bookings, "key-00001", c.body).refuses(c.status, c.code)
		require.Equal(t, c.field, details["field"], name)
	}
	require.Empty(t, b.temporal.starts, "no workflow starts for a loser")
	require.Equal(t, 2, b.count("SELECT count(*) FROM bookings"))
}

func TestHeadersOfAHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := func(user string, header map[string]string) answer {
		return b.do(call{method: http.MethodPost, path: bookings, user: user, body: holdBody("sh_hindi", "A1"), header: header})
	}
	for _, key := range []string{"", "short", "with space", strings.Repeat("x", 65), "ключ-ключ", "semi;colon"} {
		details := post(asha, map[string]string{"Idempotency-Key": key}).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, "Idempotency-Key", details["field"], key)
	}
	for _, kind := range []string{"text/plain", "", "application/x-www-form-urlencoded", ";"} {
		details := post(asha, map[string]string{"Idempotency-Key": "key-00001", "Content-Type": kind}).
			refuses(http.StatusUnsupportedMediaType, booking.CodeValidation)
		require.Equal(t, "Content-Type", details["field"])
	}
	post("", map[string]string{"Idempotency-Key": "key-00001"}).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

func TestKeyIsBoundToItsRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.holds()
	b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A1")).is(http.StatusCreated, nil)
	b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A2")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	b.post(ravi, bookings, "first-key", holdBody("sh_hindi", "A2")).is(http.StatusCreated, nil)

	id := booking.ID(asha, "first-key")
	b.exec("UPDATE bookings SET status = 'CANCELLED' WHERE id = $1", id)
	var now openapi.Booking
	b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A1")).is(http.StatusCreated, &now)
	require.Equal(t, booking.StatusCancelled, now.Status)
	b.exec("UPDATE bookings SET status = 'EXPIRED' WHERE id = $1", id)
	details := b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A1")).refuses(http.StatusGone, booking.CodeBookingExpired)
	require.Equal(t, id, details["bookingId"])
}

func TestABookingThatIsNotPricedYetIsAnsweredByItsWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.holds()
	b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A1")).is(http.StatusCreated, nil)
	id := booking.ID(asha, "first-key")
	unpriced := `UPDATE bookings SET status = $2, currency = NULL, subtotal = NULL, discount = NULL, fees = NULL, tax = NULL, total = NULL,
	             applied_offers = NULL WHERE id = $1`
	b.exec(unpriced, id, booking.StatusSeatsLocked)
	asked := false
	b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) {
		asked = true
		return booking.Hold{}, refuse(booking.NotServed())
	}
	details := b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A1")).refuses(http.StatusConflict, booking.CodeConflict)
	require.True(t, asked)
	require.Equal(t, true, details[booking.DetailNewKey])

	b.exec("UPDATE bookings SET status = 'FAILED' WHERE id = $1", id)
	b.post(asha, bookings, "first-key", holdBody("sh_hindi", "A1")).refuses(http.StatusConflict, booking.CodeConflict)
	b.post(asha, bookings, "first-key", holdBody("sh_none", "A1")).refuses(http.StatusNotFound, booking.CodeNotFound)
}

func TestWorkflowRefusesAHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hashed := "" // what the workflow says its request's hash was; its own when empty
	b.temporal.onHold = func(_ context.Context, request booking.Request) (booking.Hold, error) {
		hash := hashed
		if hash == "" {
			hash = request.RequestHash
		}
		return booking.Hold{}, refuse(booking.SeatsTaken("sh_hindi", []string{"A1"}).With(booking.DetailRequestHash, hash))
	}
	details := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusConflict, booking.CodeSeatLockFailed)
	require.Equal(t, map[string]any{"showId": "sh_hindi", "unavailableSeatIds": []any{"A1"}}, details)
	hashed = "another"
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)

	b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) {
		return booking.Hold{RequestHash: "another"}, nil
	}
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)

	b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) {
		return booking.Hold{}, temporal.NewApplicationError("secret internals", "Defect")
	}
	got := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1"))
	got.refuses(http.StatusInternalServerError, booking.CodeInternal)
	require.NotContains(t, string(got.body), "secret")
	require.Contains(t, b.log.String(), "secret internals")
}

func TestHoldOfAClosedWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	closed := serviceerror.NewWorkflowExecutionAlreadyStarted("closed", "", "")
	var seen booking.Request
	b.temporal.onHold = func(_ context.Context, request booking.Request) (booking.Hold, error) {
		seen = request
		return booking.Hold{}, closed
	}
	var outcome booking.Outcome
	b.temporal.onResult = func(workflowID string) (booking.Outcome, error) {
		require.Equal(t, booking.WorkflowID(seen.BookingID), workflowID)
		if outcome.RequestHash == "" {
			outcome.RequestHash = seen.RequestHash
		}
		return outcome, nil
	}
	outcome = booking.Outcome{Refusal: booking.SeatsTaken("sh_hindi", []string{"A1"})}
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusConflict, booking.CodeSeatLockFailed)
	outcome = booking.Outcome{Refusal: booking.SeatsTaken("sh_hindi", []string{"A1"}), RequestHash: "another"}
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)

	// The row was written after the pre-check had looked.
	b.temporal.onResult = func(string) (booking.Outcome, error) {
		b.insert(row{id: seen.BookingID, seats: []string{"A1"}, hash: seen.RequestHash, status: booking.StatusExpired})
		return booking.Outcome{Status: booking.StatusExpired, RequestHash: seen.RequestHash}, nil
	}
	b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")).refuses(http.StatusGone, booking.CodeBookingExpired)
}

func TestBookingIsUnavailableWithoutTemporal(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.WorkflowTimeout = 50 * time.Millisecond })
	for name, hold := range map[string]func(ctx context.Context) error{
		"no worker": func(ctx context.Context) error {
			<-ctx.Done()
			return client.NewWorkflowUpdateServiceTimeoutOrCanceledError(ctx.Err())
		},
		"no server":    func(context.Context) error { return serviceerror.NewUnavailable("connection refused 10.0.0.7:7233") },
		"no namespace": func(context.Context) error { return serviceerror.NewNamespaceNotFound("boxoffice") },
		"overloaded":   func(context.Context) error { return serviceerror.NewResourceExhausted(0, "busy") },
	} {
		b.temporal.onHold = func(ctx context.Context, _ booking.Request) (booking.Hold, error) { return booking.Hold{}, hold(ctx) }
		got := b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1"))
		got.refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
		require.NotContains(t, string(got.body), "10.0.0.7", name)
	}
	b.get("", "/api/v1/shows/sh_hindi/seats").is(http.StatusOK, nil)
}

func TestOwnBookings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_old", seats: []string{"A1"}, status: booking.StatusExpired, created: -2 * time.Hour})
	b.insert(row{id: "bk_paid", seats: []string{"A2", "A3"}, status: booking.StatusConfirmed, created: -time.Hour})
	b.insert(row{id: "bk_same", seats: []string{"A4"}, created: -time.Hour, show: "sh_tamil"})
	b.insert(row{id: "bk_ravi", seats: []string{"B1"}, customer: ravi})

	var first, second openapi.BookingList
	b.get(asha, bookings+"?limit=2").is(http.StatusOK, &first)
	require.Len(t, first.Bookings, 2)
	require.Equal(t, []string{"bk_same", "bk_paid"}, []string{first.Bookings[0].BookingId, first.Bookings[1].BookingId})
	require.NotNil(t, first.NextCursor)
	b.get(asha, bookings+"?limit=2&cursor="+*first.NextCursor).is(http.StatusOK, &second)
	require.Len(t, second.Bookings, 1)
	require.Equal(t, "bk_old", second.Bookings[0].BookingId)
	require.Nil(t, second.NextCursor)
	var movies openapi.MovieList
	b.get("", "/api/v1/movies?limit=1").is(http.StatusOK, &movies)
	for _, query := range []string{"limit=0", "limit=101", "cursor=nonsense", "cursor=MjAyNi0x", "cursor=" + *movies.NextCursor} {
		b.get(asha, bookings+"?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)
	}

	b.get("", "/api/v1/movies?cursor="+*first.NextCursor).refuses(http.StatusBadRequest, booking.CodeValidation)

	var mine openapi.Booking
	b.get(asha, bookings+"/bk_paid").is(http.StatusOK, &mine)
	require.NotNil(t, mine.Ticket)
	require.Equal(t, booking.TicketID("bk_paid"), mine.Ticket.TicketId)
	said, err := tickets.Verify([]byte(ticketKey), mine.Ticket.QrCodeData)
	require.NoError(t, err)
	require.Equal(t, tickets.Code{TicketID: mine.Ticket.TicketId, BookingID: "bk_paid", ShowID: "sh_hindi", Seats: []string{"A2", "A3"}}, said)

	b.get(asha, bookings+"/bk_ravi").refuses(http.StatusForbidden, booking.CodeForbidden)
	b.get(asha, bookings+"/bk_none").refuses(http.StatusNotFound, booking.CodeNotFound)
	b.get(asha, bookings+"/a%00").refuses(http.StatusNotFound, booking.CodeNotFound)
	b.get("", bookings).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
}

func TestBookingTellsItsPaymentsAndRefunds(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.StripePublishableKey = "pk_test" })
	b.insert(row{id: "bk_1", status: booking.StatusExpired})
	b.insertPayment("pay_1", "bk_1", "hash", booking.PaymentDeclined)
	b.insert(row{id: "bk_2", status: booking.StatusConfirmed})
	b.insertPayment("pay_2", "bk_2", "hash", booking.PaymentSucceeded)
	b.exec("UPDATE payments SET decline_code = 'insufficient_funds'")
	var paid openapi.Booking
	b.get(asha, bookings+"/bk_2").is(http.StatusOK, &paid)
	require.Nil(t, paid.Payments[0].DeclineCode, "the next card was good")
	b.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ('rf_1', 'bk_1', 'pay_1', 'pi_pay_1', 'CARD', 30000, 'INR', 'late', 'SUCCEEDED', 'test')`)
	var mine openapi.Booking
	b.get(asha, bookings+"/bk_1").is(http.StatusOK, &mine)
	code, key := "insufficient_funds", "pk_test"
	require.Equal(t, []openapi.Payment{{
		PaymentId: "pay_1", BookingId: "bk_1", Amount: 30000, Provider: new("stripe"), Status: booking.PaymentDeclined, Method: booking.MethodCard, Attempt: 1, Currency: "INR", BookingStatus: booking.StatusExpired,
		Tenders: []openapi.Tender{{Tender: booking.TenderCard, Amount: 30000}}, DeclineCode: &code,
		ProviderPayload: &openapi.ProviderPayload{PaymentIntentId: "pi_pay_1", PublishableKey: &key},
	}}, mine.Payments)
	require.Equal(t, []openapi.Refund{{RefundId: "rf_1", Tender: booking.TenderCard, Amount: 30000, Currency: "INR", Status: "SUCCEEDED"}}, mine.Refunds)
	require.Equal(t, booking.StatusSeatsLocked, mine.Trail[1].To)
	require.Equal(t, booking.StatusInitiated, *mine.Trail[1].From)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	with := func(token string) answer {
		return b.do(call{method: http.MethodGet, path: bookings, header: map[string]string{"Authorization": token}})
	}
	spoiled := func(change func(jwt.MapClaims)) string { return "Bearer " + token(b, asha, change) }
	with(spoiled(nil)).is(http.StatusOK, nil)
	with("bearer "+token(b, asha, nil)).is(http.StatusOK, nil)
	with(spoiled(func(c jwt.MapClaims) {
		c["iat"], c["exp"] = time.Now().Add(3*time.Second).Unix(), time.Now().Add(-2*time.Second).Unix()
	})).is(http.StatusOK, nil) // clocks differ

	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": asha, "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	otherKey, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "boxoffice", "aud": "boxoffice", "sub": asha, "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte("another secret, just as long as ours"))
	require.NoError(t, err)
	for name, forged := range map[string]string{
		"none":          "Bearer " + unsigned,
		"other key":     "Bearer " + otherKey,
		"issuer":        spoiled(func(c jwt.MapClaims) { c["iss"] = "somebody" }),
		"audience":      spoiled(func(c jwt.MapClaims) { c["aud"] = "something" }),
		"no expiry":     spoiled(func(c jwt.MapClaims) { delete(c, "exp") }),
		"no subject":    spoiled(func(c jwt.MapClaims) { delete(c, "sub") }),
		"odd subject":   spoiled(func(c jwt.MapClaims) { c["sub"] = "a\x00b" }),
		"from tomorrow": spoiled(func(c jwt.MapClaims) { c["iat"] = time.Now().Add(24 * time.Hour).Unix() }),
		"garbage":       "Bearer x.y.z",
		"nothing":       "Bearer ",
	} {
		got := with(forged)
		got.refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
		require.Contains(t, got.header.Get("WWW-Authenticate"), "invalid_token", name)
	}
	got := with(spoiled(func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Minute).Unix() }))
	got.refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	require.Contains(t, string(got.body), "expired")
	got = with("Basic YTpi")
	got.refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	require.Equal(t, "Bearer", got.header.Get("WWW-Authenticate"))

	b.do(call{method: http.MethodGet, path: "/api/v1/cities", header: map[string]string{"Authorization": "Bearer x.y.z"}}).is(http.StatusOK, nil)
}

func TestStaffMayLookAtAnybodysBookingAndThatIsNoted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	path := bookings + "/bk_1"
	var own, seen openapi.Booking
	b.get(asha, path).is(http.StatusOK, &own)
	b.get(ravi, path).refuses(http.StatusForbidden, booking.CodeForbidden)
	b.get(paul, path).refuses(http.StatusForbidden, booking.CodeForbidden)
	require.Zero(t, b.count("SELECT count(*) FROM booking_reads"), "who sees nothing, or one's own, leaves no trace")
	for range 3 {
		b.get(ada, path).is(http.StatusOK, &seen)
		require.Equal(t, own, seen)
	}
	b.get(sam, path).is(http.StatusOK, &seen)
	b.do(call{method: http.MethodHead, path: path, user: sam}).is(http.StatusOK, nil)
	b.get(sam, bookings+"/bk_none").refuses(http.StatusNotFound, booking.CodeNotFound)
	require.Equal(t, 2, b.count("SELECT count(*) FROM booking_reads"), "one a day and reader")

	var actions openapi.ActionList
	b.get(ada, admin+"/actions?subject=bk_1&actor="+ada).is(http.StatusOK, &actions)
	require.Len(t, actions.Actions, 1)
	look := actions.Actions[0]
	require.Equal(t, "READ_BOOKING", look.Action)
	require.Equal(t, "bk_1", look.Subject)
	require.EqualValues(t, 3, (*look.Details)["times"])
	require.WithinDuration(t, time.Now(), look.At, time.Minute)
	b.get(ada, admin+"/actions?subject=bk_1").is(http.StatusOK, &actions)
	require.Len(t, actions.Actions, 2)

	b.exec("UPDATE booking_reads SET day = day - 1")
	b.get(ada, path).is(http.StatusOK, nil)
	require.Equal(t, 3, b.count("SELECT count(*) FROM booking_reads"), "another day")
}

func TestNobodyLooksWithoutATrace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.exec("ALTER TABLE booking_reads ADD CONSTRAINT full_up CHECK (false)")
	got := b.get(sam, bookings+"/bk_1")
	got.refuses(http.StatusInternalServerError, booking.CodeInternal)
	require.NotContains(t, string(got.body), "A1")
}
