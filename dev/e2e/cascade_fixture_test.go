package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// cascadePatience bounds the wait for a cascade of so many bookings on a slow machine.
func cascadePatience(bookings int) time.Duration {
	return 2*patience + time.Duration(bookings)*time.Second
}

// setting is a number that the environment may change.
func setting(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, variable)
	return n
}

// crowded is a show that a crowd has bought tickets for.
type crowded struct {
	show, theatre, movie string
	sales                []crowd.Sale
}

// crowdedShow is a show in a theatre of its own, with so many confirmed bookings and as many free seats again.
func (sys *system) crowdedShow(t *testing.T, name string, order crowd.Order) crowded {
	t.Helper()
	name = strings.TrimPrefix(booking.UserID("e2e", t.Name()+"/"+name), "us_")
	c := crowded{show: "sh_" + name, theatre: "th_" + name, movie: "mv_" + name}
	sys.fill(t, &c, order, time.Now().Add(24*time.Hour))
	return c
}

// fill opens the show and has the crowd buy.
func (sys *system) fill(t *testing.T, c *crowded, order crowd.Order, startsAt time.Time) {
	t.Helper()
	require.NoError(t, crowd.OpenShow(t.Context(), sys.Owner, crowd.Show{
		ID: c.show, TheatreID: c.theatre, MovieID: c.movie, Seats: 2*order.Bookings + 100, StartsAt: startsAt, Hold: 5 * time.Minute,
	}))
	config, err := pgxpool.ParseConfig(sys.WorkerDSN())
	require.NoError(t, err)
	config.MaxConns = crowd.Conns
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	defer pool.Close()
	people, err := crowd.New(crowd.Config{
		Owner: sys.Owner, Worker: pool, Simulator: sys.Simulator(),
	})
	require.NoError(t, err)
	order.ShowID = c.show
	began := time.Now()
	c.sales, err = people.Fill(t.Context(), order)
	require.NoError(t, err)
	t.Logf("a crowd made %d bookings of %s in %s", len(c.sales), c.show, time.Since(began).Round(time.Millisecond))
}

// persist repeats a request while a busy system has no time for it, as the API says that one may.
func persist[T any](ctx context.Context, request func() (T, error)) (answer T, err error) {
	ctx, giveUp := context.WithTimeout(ctx, patience)
	defer giveUp()
	for {
		answer, err = request()
		if !customer.IsBusy(err) || !soon(ctx) {
			return answer, err
		}
	}
}

// obtain holds seats as a customer does who follows the API's advice: it repeats a request while the system is busy, and sends it with a new key when
// the API asks for that. hold sends one request with the given key.
func obtain(ctx context.Context, key string, hold func(key string) (openapi.Booking, error)) (openapi.Booking, error) {
	for n := 1; ; n++ {
		held, err := persist(ctx, func() (openapi.Booking, error) { return hold(fmt.Sprintf("%s-%d", key, n)) })
		if !customer.NeedsNewKey(err) || ctx.Err() != nil {
			return held, err
		}
	}
}

// soon waits a moment before something is tried again; it returns whether there is time for that.
func soon(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}

// cancelShow returns when nothing more of a show can be sold.
func cancelShow(ctx context.Context, operator *customer.Customer, show string) (openapi.CascadeReport, error) {
	return persist(ctx, func() (openapi.CascadeReport, error) { return operator.CancelShow(ctx, show, "the roof leaks") })
}

// givenBack is how much of an intent the provider has given back, and in how many refunds that were not refused.
type givenBack struct {
	amount int64
	times  int
}

// allRefunds are those that the provider has made, by intent.
func (sys *system) allRefunds(t *testing.T) map[string]givenBack {
	t.Helper()
	found := map[string]givenBack{}
	for after, more := "", true; more; {
		var page struct {
			Data []struct {
				ID     string `json:"id"`
				Intent string `json:"payment_intent"`
				Amount int64  `json:"amount"`
				Status string `json:"status"`
			} `json:"data"`
			HasMore bool `json:"has_more"`
		}
		path := "/v1/refunds?limit=100"
		if after != "" {
			path += "&starting_after=" + after
		}
		require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, path, nil, &page))
		for _, refund := range page.Data {
			after = refund.ID
			if refund.Status == "succeeded" {
				sum := found[refund.Intent]
				found[refund.Intent] = givenBack{amount: sum.amount + refund.Amount, times: sum.times + 1}
			}
		}
		more = page.HasMore
	}
	return found
}

// requirePaidBack checks that everybody has all money back, once: cards at the provider, and wallets in the ledger.
func (sys *system) requirePaidBack(t *testing.T, sales []crowd.Sale) {
	t.Helper()
	var refunds map[string]givenBack
	// Those who cancelled before the cascade began have refunds of their own, for which it does not wait.
	eventually(t, "the provider has given back all that it collected", func() bool {
		refunds = sys.allRefunds(t)
		return !slices.ContainsFunc(sales, func(sale crowd.Sale) bool { return sale.Card > refunds[sale.IntentID].amount })
	})
	wallets := map[string]int64{}
	for _, sale := range sales {
		if sale.Card > 0 {
			require.Equal(t, givenBack{amount: sale.Card, times: 1}, refunds[sale.IntentID], "%+v", sale)
		}
		wallets[sale.CustomerID] += sale.Wallet
	}
	balances := sys.balances(t, sales)
	for customer, want := range wallets {
		require.Equal(t, want, balances[customer], "the wallet of %s", customer)
	}
}

// balances are what the wallets of those who bought hold.
func (sys *system) balances(t *testing.T, sales []crowd.Sale) map[string]int64 {
	t.Helper()
	ids := make([]string, len(sales))
	for i, sale := range sales {
		ids[i] = sale.CustomerID
	}
	rows, err := sys.Owner.Query(t.Context(), `SELECT user_id, balance FROM ledger_accounts WHERE kind = 'WALLET' AND user_id = ANY ($1)`, ids)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]int64{}
	for rows.Next() {
		var user string
		var balance int64
		require.NoError(t, rows.Scan(&user, &balance))
		found[user] = balance
	}
	require.NoError(t, rows.Err())
	return found
}

// requireReport checks the report of a cascade that has ended against what was sold and what the database holds.
func requireReport(t *testing.T, report openapi.CascadeProgress, sales []crowd.Sale) {
	t.Helper()
	require.Zero(t, report.Left)
	require.Zero(t, report.Undecided)
	require.Zero(t, report.Waiting)
	require.Equal(t, len(sales), report.Cancelled+report.AlreadyCancelled)
	require.Equal(t, report.Found, report.Cancelled+report.Released)
	want := map[booking.Tender]int64{}
	for _, sale := range sales {
		want[booking.TenderCard] += sale.Card
		want[booking.TenderWallet] += sale.Wallet
	}
	maps.DeleteFunc(want, func(_ booking.Tender, amount int64) bool { return amount == 0 })
	if report.AlreadyCancelled > 0 {
		return
	}
	got := map[booking.Tender]int64{}
	for _, refunds := range report.Refunds {
		got[refunds.Tender] += refunds.Amount
	}
	require.Equal(t, want, got)
}

// report waits for the end of a cascade and reads what has come of it.
func (sys *system) report(t *testing.T, operator *customer.Customer, cascade openapi.Cascade, bookings int) openapi.CascadeProgress {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cascadePatience(bookings))
	defer cancel()
	var outcome booking.CascadeOutcome
	require.NoError(t, sys.Temporal.GetWorkflow(ctx, booking.CascadeWorkflowID(cascade.Kind, cascade.SubjectId), "").Get(ctx, &outcome))
	require.Nil(t, outcome.Refusal)
	report, err := operator.Cascade(t.Context(), cascade.CascadeId)
	require.NoError(t, err)
	require.Equal(t, booking.CascadeFinished, report.Cascade.Status)
	require.Equal(t, outcome.Report.Cancelled, report.Progress.Cancelled)
	require.Equal(t, outcome.Report.Released, report.Progress.Released)
	return report.Progress
}

// lookAgain has a cascade look for bookings now instead of a while later. It may have done so already.
func lookAgain(t *testing.T, operator *customer.Customer, cascadeID string) {
	t.Helper()
	for _, command := range []func(context.Context, string, string) (openapi.CascadeReport, error){operator.PauseCascade, operator.ResumeCascade} {
		_, err := persist(t.Context(), func() (openapi.CascadeReport, error) { return command(t.Context(), cascadeID, "look again") })
		if err != nil {
			refused(t, err, http.StatusConflict, booking.CodeInvalidState)
			return
		}
	}
}

// awaitProgress waits until a cascade has come so far.
func awaitProgress(
	t *testing.T, operator *customer.Customer, cascadeID, what string, far func(openapi.CascadeReport) bool,
) (report openapi.CascadeReport) {
	t.Helper()
	eventually(t, what, func() bool {
		var err error
		report, err = operator.Cascade(t.Context(), cascadeID)
		return err == nil && far(report)
	})
	return report
}

// failed counts the refunds that the provider has refused for now.
func failed(p openapi.CascadeProgress) (count int) {
	for _, refunds := range p.Refunds {
		if refunds.Status == booking.RefundFailed {
			count += refunds.Count
		}
	}
	return count
}

// refundsIn are the refunds of a show that stand so.
func (sys *system) refundsIn(t *testing.T, show string, status booking.RefundStatus) (ids []string) {
	t.Helper()
	rows, err := sys.Owner.Query(t.Context(), `
		SELECT r.id FROM refunds r JOIN bookings b ON b.id = r.booking_id WHERE b.show_id = $1 AND r.status = $2 ORDER BY r.id`, show, string(status))
	require.NoError(t, err)
	ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return ids
}

func (sys *system) cancelledIn(t *testing.T, show string) int {
	t.Helper()
	return sys.count(t, `SELECT count(*) FROM bookings WHERE show_id = $1 AND status = 'CANCELLED'`, show)
}

// clearFaults has the provider behave again.
func (sys *system) clearFaults(t *testing.T) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, sys.StripeURL()+"/_sim/faults", http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
}
