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

// The few customers of these tests stand for many people: what one of them may hold is limited only where the limit is tested.
const boundless = `UPDATE hold_limits SET holds = 1000, seats = 1000, free_lapses = 1000;
`

// fixture is a database with one theatre, one screen of seats A1 to A10 and B1 to B10, one show and two customers, seen
// with the rights of the worker.
type fixture struct {
	t      *testing.T
	dsn    string
	owner  *pgxpool.Pool
	worker *pgxpool.Pool
	steps  *activities.Activities
	bank   *fakeProvider
}

// fixtureConns is how many steps of a test really run at once.
const fixtureConns = 8

const fixtureRows = `
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

func newFixture(t *testing.T) *fixture {
	t.Helper()
	dsn := pgtest.NewDB(t)
	f := &fixture{t: t, dsn: dsn, bank: newFakeProvider()}
	f.owner = pgtest.OpenAs(t, dsn, "", fixtureConns)
	f.exec(fixtureRows + boundless)
	f.worker = pgtest.OpenAs(t, dsn, "boxoffice_worker", fixtureConns)
	f.steps = activities.New(f.worker, f.bank)
	return f
}

func (f *fixture) exec(sql string) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), sql)
	require.NoError(f.t, err)
}

func (f *fixture) count(sql string, args ...any) int {
	f.t.Helper()
	var n int
	require.NoError(f.t, f.owner.QueryRow(f.t.Context(), sql, args...).Scan(&n))
	return n
}

func (f *fixture) text(sql string, args ...any) string {
	f.t.Helper()
	var s string
	require.NoError(f.t, f.owner.QueryRow(f.t.Context(), sql, args...).Scan(&s))
	return s
}

func (f *fixture) status(bookingID string) booking.Status {
	f.t.Helper()
	return booking.Status(f.text(`SELECT status FROM bookings WHERE id = $1`, bookingID))
}

// trail is the booking's states in the order in which it entered them.
func (f *fixture) trail(bookingID string) string {
	f.t.Helper()
	return f.text(`SELECT string_agg(to_status, ' ' ORDER BY id) FROM booking_events WHERE booking_id = $1`, bookingID)
}

func (f *fixture) wallet(userID string) int {
	f.t.Helper()
	return f.count(`SELECT balance FROM ledger_accounts WHERE id = $1`, booking.WalletID(userID, "INR"))
}

func request(id, customer string, seats ...string) booking.Request {
	return booking.Request{
		BookingID: id, CustomerID: customer, ShowID: "sh_1", TheatreID: "th_1", Seats: seats,
		RequestHash: "hash of " + id, CorrelationID: "test",
	}
}

// hold locks and prices seats for a customer.
func (f *fixture) hold(id, customer string, seats ...string) booking.Quote {
	f.t.Helper()
	_, err := f.steps.LockSeats(f.t.Context(), request(id, customer, seats...))
	require.NoError(f.t, err)
	quote, err := f.steps.PriceSeats(f.t.Context(), booking.Pricing{BookingID: id})
	require.NoError(f.t, err)
	return quote
}

// holdUnpriced locks seats as workers did that priced them in a step of its own, and leaves that to somebody else.
func (f *fixture) holdUnpriced(id, customer string, seats ...string) {
	f.t.Helper()
	f.hold(id, customer, seats...)
	f.exec(`DELETE FROM booking_seats WHERE booking_id = '` + id + `'`)
	f.exec(`UPDATE bookings SET currency = NULL, subtotal = NULL, discount = NULL, fees = NULL, tax = NULL, total = NULL, applied_offers = NULL,
	                            price_mode = DEFAULT, tax_rounding = DEFAULT WHERE id = '` + id + `'`)
}

// card is a booking's payment by card, with its intent open.
func (f *fixture) card(id string, quote booking.Quote) booking.Payment {
	f.t.Helper()
	payment := booking.Payment{
		ID: "pay_" + id, BookingID: id, Attempt: 1, Method: booking.MethodCard, Card: quote.Due(),
		Wallet: booking.Money{Currency: quote.Currency}, RequestHash: "hash",
	}
	intent, err := f.steps.OpenIntent(f.t.Context(), booking.IntentOrder{Payment: payment, CorrelationID: "test"})
	require.NoError(f.t, err)
	payment.IntentID = intent.IntentID
	return payment
}

func wallet(id string, quote booking.Quote) booking.Payment {
	return booking.Payment{
		ID: "pay_" + id, BookingID: id, Attempt: 1, Method: booking.MethodWallet, Wallet: quote.Due(),
		Card: booking.Money{Currency: quote.Currency}, RequestHash: "hash",
	}
}

func (f *fixture) confirm(payment booking.Payment) error {
	_, err := f.steps.ConfirmBooking(f.t.Context(), booking.Confirmation{
		BookingID: payment.BookingID, Payment: payment, Actor: booking.ActorCustomer, Reason: "paid", CorrelationID: "test",
	})
	return err
}

func (f *fixture) release(id string, to booking.Status) booking.Status {
	f.t.Helper()
	released, err := f.steps.ReleaseSeats(f.t.Context(), booking.Release{
		BookingID: id, To: to, Actor: booking.ActorTimer, Reason: "test", CorrelationID: "test",
	})
	require.NoError(f.t, err)
	return released.Status
}

// letHoldLapse moves a booking and its claims past the deadline and the grace.
func (f *fixture) letHoldLapse(id string) {
	f.t.Helper()
	_, err := f.owner.Exec(f.t.Context(), `UPDATE bookings SET expires_at = now() - interval '1 hour' WHERE id = $1`, id)
	require.NoError(f.t, err)
	_, err = f.owner.Exec(f.t.Context(), `UPDATE claims SET held_until = now() - interval '1 minute' WHERE booking_id = $1`, id)
	require.NoError(f.t, err)
}

func (f *fixture) requireSeats(id, state string, want int) {
	f.t.Helper()
	require.Equal(f.t, want, f.count(`SELECT count(*) FROM claims WHERE booking_id = $1 AND state = $2`, id, state))
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

// closeIntent runs in an activity environment, because the step asks which attempt it is.
func (f *fixture) closeIntent(intentID string) (booking.ClosedIntent, error) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(f.steps.CloseIntent)
	value, err := env.ExecuteActivity(f.steps.CloseIntent, booking.IntentClosing{IntentID: intentID})
	var closed booking.ClosedIntent
	if err == nil {
		require.NoError(f.t, value.Get(&closed))
	}
	return closed, err
}
