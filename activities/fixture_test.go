package activities_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// The few customers of these tests are many people: what one of them may hold is bounded only where that is tested.
const boundless = `UPDATE hold_limits SET holds = 1000, seats = 1000, free_lapses = 1000;
`

// house is a database with one theatre, one screen of seats A1 to A10 and B1 to B10, one show and two customers, seen
// with the rights of the worker.
type house struct {
	t      *testing.T
	dsn    string
	owner  *pgxpool.Pool
	worker *pgxpool.Pool
	steps  *activities.Activities
	bank   *fakeProvider
}

// fixtureConns is how many steps of a test run truly at once.
const fixtureConns = 8

const fixture = `
INSERT INTO cities VALUES ('mumbai', 'Mumbai', 'IN');
INSERT INTO theatres VALUES ('th_1', 'mumbai', 'Regal', 'Colaba', 'Asia/Kolkata', 'INR', 1000, 1800);
INSERT INTO screens VALUES ('sc_1', 'th_1', 'Screen 1');
INSERT INTO seat_layouts VALUES ('ly_1', 'sc_1', 1);
INSERT INTO seats (layout_id, label, row_label, number, position, category)
SELECT 'ly_1', r || n, r, n, n, CASE r WHEN 'A' THEN 'STANDARD' ELSE 'RECLINER' END
FROM unnest(ARRAY['A', 'B']) r, generate_series(1, 10) n;
INSERT INTO movies VALUES ('mv_1', 'Sholay', 204, 'hi', ARRAY['Action'], 1975, 'Two rogues guard a village.');
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
VALUES ('sh_1', 'mv_1', 'sc_1', 'ly_1', now() + interval '1 day', now() + interval '1 day 4 hours', 'hi', '2D');
INSERT INTO show_prices VALUES ('sh_1', 'STANDARD', 18000), ('sh_1', 'RECLINER', 30000);
INSERT INTO users (id, email, name) VALUES ('us_asha', 'asha@example.com', 'Asha'), ('us_ben', 'ben@example.com', 'Ben');
INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:us_asha:INR', 'WALLET', 'us_asha', 'INR');
WITH t AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ('seed:us_asha:INR', 'GRANT', 'gift') RETURNING reference)
INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:INR', 'wallet:us_asha:INR']), unnest(ARRAY[-100000, 100000]) FROM t;
`

func newHouse(t *testing.T) *house {
	t.Helper()
	dsn := pgtest.NewDB(t)
	h := &house{t: t, dsn: dsn, bank: newFakeProvider()}
	h.owner = pgtest.OpenAs(t, dsn, "", fixtureConns)
	h.exec(fixture + boundless)
	h.worker = pgtest.OpenAs(t, dsn, "boxoffice_worker", fixtureConns)
	h.steps = activities.New(h.worker, h.bank)
	return h
}

func (h *house) exec(sql string) {
	h.t.Helper()
	_, err := h.owner.Exec(h.t.Context(), sql)
	require.NoError(h.t, err)
}

func (h *house) count(sql string, args ...any) int {
	h.t.Helper()
	var n int
	require.NoError(h.t, h.owner.QueryRow(h.t.Context(), sql, args...).Scan(&n))
	return n
}

func (h *house) text(sql string, args ...any) string {
	h.t.Helper()
	var s string
	require.NoError(h.t, h.owner.QueryRow(h.t.Context(), sql, args...).Scan(&s))
	return s
}

func (h *house) status(bookingID string) booking.Status {
	h.t.Helper()
	return booking.Status(h.text(`SELECT status FROM bookings WHERE id = $1`, bookingID))
}

// trail is the booking's states in the order in which it entered them.
func (h *house) trail(bookingID string) string {
	h.t.Helper()
	return h.text(`SELECT string_agg(to_status, ' ' ORDER BY id) FROM booking_events WHERE booking_id = $1`, bookingID)
}

func (h *house) wallet(userID string) int {
	h.t.Helper()
	return h.count(`SELECT balance FROM ledger_accounts WHERE id = $1`, booking.WalletID(userID, "INR"))
}

func request(id, customer string, seats ...string) booking.Request {
	return booking.Request{
		BookingID: id, CustomerID: customer, ShowID: "sh_1", TheatreID: "th_1", Seats: seats,
		RequestHash: "hash of " + id, CorrelationID: "test",
	}
}

// hold locks and prices seats for a customer.
func (h *house) hold(id, customer string, seats ...string) booking.Quote {
	h.t.Helper()
	_, err := h.steps.LockSeats(h.t.Context(), request(id, customer, seats...))
	require.NoError(h.t, err)
	quote, err := h.steps.PriceSeats(h.t.Context(), booking.Pricing{BookingID: id})
	require.NoError(h.t, err)
	return quote
}

// card is a booking's payment by card, with its intent open.
func (h *house) card(id string, quote booking.Quote) booking.Payment {
	h.t.Helper()
	payment := booking.Payment{
		ID: "pay_" + id, BookingID: id, Attempt: 1, Method: booking.MethodCard, Card: quote.Due(),
		Wallet: booking.Money{Currency: quote.Currency}, RequestHash: "hash",
	}
	intent, err := h.steps.OpenIntent(h.t.Context(), booking.IntentOrder{Payment: payment, CorrelationID: "test"})
	require.NoError(h.t, err)
	payment.IntentID = intent.IntentID
	return payment
}

func wallet(id string, quote booking.Quote) booking.Payment {
	return booking.Payment{
		ID: "pay_" + id, BookingID: id, Attempt: 1, Method: booking.MethodWallet, Wallet: quote.Due(),
		Card: booking.Money{Currency: quote.Currency}, RequestHash: "hash",
	}
}

func (h *house) confirm(payment booking.Payment) error {
	_, err := h.steps.ConfirmBooking(h.t.Context(), booking.Confirmation{
		BookingID: payment.BookingID, Payment: payment, Actor: booking.ActorCustomer, Reason: "paid", CorrelationID: "test",
	})
	return err
}

func (h *house) release(id string, to booking.Status) booking.Status {
	h.t.Helper()
	released, err := h.steps.ReleaseSeats(h.t.Context(), booking.Release{
		BookingID: id, To: to, Actor: booking.ActorTimer, Reason: "test", CorrelationID: "test",
	})
	require.NoError(h.t, err)
	return released.Status
}

// letHoldLapse moves a booking and its claims past the deadline and the grace.
func (h *house) letHoldLapse(id string) {
	h.t.Helper()
	_, err := h.owner.Exec(h.t.Context(), `UPDATE bookings SET expires_at = now() - interval '1 hour' WHERE id = $1`, id)
	require.NoError(h.t, err)
	_, err = h.owner.Exec(h.t.Context(), `UPDATE claims SET held_until = now() - interval '1 minute' WHERE booking_id = $1`, id)
	require.NoError(h.t, err)
}

func (h *house) requireSeats(id, state string, want int) {
	h.t.Helper()
	require.Equal(h.t, want, h.count(`SELECT count(*) FROM claims WHERE booking_id = $1 AND state = $2`, id, state))
}

func requireRefusal(t *testing.T, err error, code booking.Code) {
	t.Helper()
	require.NotNil(t, refusalOf(t, err, code))
}

func refusalOf(t *testing.T, err error, code booking.Code) *booking.Refusal {
	t.Helper()
	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	require.Equal(t, booking.RefusalType, appErr.Type(), "%v", err)
	require.True(t, appErr.NonRetryable())
	var refusal booking.Refusal
	require.NoError(t, appErr.Details(&refusal))
	require.Equal(t, code, refusal.Code)
	return &refusal
}

// closeIntent runs in an activity environment: the step asks for its own attempt.
func (h *house) closeIntent(intentID string) (booking.ClosedIntent, error) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(h.steps.CloseIntent)
	value, err := env.ExecuteActivity(h.steps.CloseIntent, booking.IntentClosing{IntentID: intentID})
	var closed booking.ClosedIntent
	if err == nil {
		require.NoError(h.t, value.Get(&closed))
	}
	return closed, err
}
