package sales_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/catalogue"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/engine"
	"github.com/boxoffice/boxoffice/sales"
)

// patience bounds every wait; nothing that works takes nearly that long, on however busy a machine.
const patience = 2 * time.Minute

// A web page and a command sell with the very code that the JSON API uses: this test uses no HTTP, and no API runs beside it.
func TestAProgramWithoutHTTPHoldsPaysAndCancels(t *testing.T) {
	t.Parallel()
	system := private.ForTest(t, "sales", stack.Options{Parts: []stack.Part{stack.Postgres, stack.Temporal, stack.Stripesim, stack.Mailbox, stack.Migrate, stack.Seed, stack.Worker}})
	pool, err := system.Pool(t.Context(), system.APIDSN(), 0)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	desk := sales.New(sales.Options{
		Pool: pool, Engine: engine.New(system.Temporal, engine.Patience{Accept: patience, Finish: patience, Survey: patience}),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, TicketKey: []byte("a key of tests that signs the tickets"),
		Patience: patience, ConcurrentHolds: 4, QueuePatience: patience,
	})
	customers, err := system.Invite(t.Context(), private.Guests{Name: "desk", Many: 2, Money: 1_000_000})
	require.NoError(t, err)
	customer, other := customers[0].ID, customers[1].ID
	var show string
	require.NoError(t, system.Owner.QueryRow(t.Context(), `SELECT sh.id FROM shows sh JOIN screens sc ON sc.id = sh.screen_id JOIN theatres t ON t.id = sc.theatre_id
		WHERE t.currency = 'INR' AND sh.status = 'ON_SALE' AND sh.starts_at > now() + interval '2 days' ORDER BY sh.starts_at, sh.id LIMIT 1`).Scan(&show))
	programme, err := catalogue.New(db.New(pool))
	require.NoError(t, err)
	seats, err := programme.SeatMap(t.Context(), show, time.Now())
	require.NoError(t, err)
	wanted := sales.HoldRequest{
		By: accounts.Caller{ID: customer, Role: accounts.Customer}, IdempotencyKey: "desk-0001", ShowID: show, CorrelationID: "desk",
		Seats: []string{seats.Layout.Seats[1].Label, seats.Layout.Seats[0].Label},
	}

	held, err := desk.Hold(t.Context(), wanted)
	require.NoError(t, err)
	require.Equal(t, booking.StatusSeatsLocked, held.Status)
	require.Len(t, held.Seats, 2)
	again, err := desk.Hold(t.Context(), wanted)
	require.NoError(t, err)
	require.Equal(t, held, again, "the same key is the same booking")
	var refusal *booking.Refusal
	taken := wanted
	taken.By.ID = other
	_, err = desk.Hold(t.Context(), taken)
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, booking.CodeSeatLockFailed, refusal.Code)
	_, err = desk.Booking(t.Context(), accounts.Caller{ID: other, Role: accounts.Customer}, held.ID, "desk")
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, booking.CodeForbidden, refusal.Code)

	paid, err := desk.Pay(t.Context(), sales.PayRequest{
		CustomerID: customer, IdempotencyKey: "desk-0002", BookingID: held.ID, Method: booking.MethodWallet, CorrelationID: "desk",
	})
	require.NoError(t, err)
	require.Equal(t, booking.PaymentSucceeded, paid.Status)
	require.Equal(t, held.Quote.Total, paid.Wallet)
	shown, err := desk.Booking(t.Context(), accounts.Caller{ID: customer, Role: accounts.Customer}, held.ID, "desk")
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, shown.Status)
	require.Equal(t, shown.SeatsLeft(), shown.Ticket.Seats)

	given, err := desk.Cancel(t.Context(), sales.CancelRequest{CustomerID: customer, BookingID: held.ID, CorrelationID: "desk"})
	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, given.Status)
	require.NotEmpty(t, given.Refunds)
}
