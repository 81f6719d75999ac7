package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// What happens during a cascade. While a crowd buys, the provider sends no events about payments, so these stories have a system of their own.
//
//nolint:paralleltest,tparallel // a provider that fails, fails for all
func TestCascades(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	for _, story := range []struct {
		name string
		play func(t *testing.T, sys *system)
	}{
		{"every customer cancels at the moment at which the show is closed", cancelledAtThatMoment},
		{"every customer cancels while the cascade runs", cancelledMeanwhile},
		{"customers pay at the moment at which the show is closed", paidAtThatMoment},
		{"the provider's account is empty for a while", providerComesBack},
		{"some refunds are refused for good", refusedForGood},
		{"a cascade is paused and goes on", pausedAndResumed},
		{"a theatre closes, and what has been played stays", theatreCloses},
		{"a movie is withdrawn everywhere", movieIsWithdrawn},
	} {
		t.Run(story.name, func(t *testing.T) { story.play(t, sys) })
	}
	sys.audit(t)
}

// cancelAll has everybody cancel everything, all at once, beside something else.
func (sys *system) cancelAll(t *testing.T, sales []crowd.Sale, beside func() error) {
	t.Helper()
	ctx, giveUp := context.WithTimeout(t.Context(), patience)
	defer giveUp()
	errs := make([]error, len(sales)+1)
	gate := make(chan struct{})
	var rush sync.WaitGroup
	for i, sale := range sales {
		buyer, err := sys.LogIn(sale.CustomerID, openapi.CUSTOMER)
		require.NoError(t, err)
		rush.Go(func() {
			<-gate
			errs[i] = cancelUntilAnswered(ctx, buyer.Customer, sale.BookingID)
		})
	}
	rush.Go(func() {
		<-gate
		errs[len(sales)] = beside()
	})
	close(gate)
	rush.Wait()
	require.NoError(t, errors.Join(errs...))
}

// cancelUntilAnswered tries again while the system is busy. A refusal because the cascade was faster is an answer, too.
func cancelUntilAnswered(ctx context.Context, buyer *customer.Customer, bookingID string) error {
	for {
		_, err := buyer.Cancel(ctx, bookingID)
		refused, _ := errors.AsType[*customer.Refused](err)
		switch {
		case refused == nil:
			return err
		case refused.Body.Code == booking.CodeInvalidState:
			return nil
		case refused.Status != http.StatusServiceUnavailable || !soon(ctx):
			return err
		}
	}
}

// Whoever is first, everything goes back, and once: so early, customers lose nothing either.
func cancelledAtThatMoment(t *testing.T, sys *system) {
	t.Helper()
	c := sys.crowdedShow(t, "show", crowd.Order{Bookings: 50})
	_, err := sys.Owner.Exec(t.Context(), `UPDATE shows SET starts_at = starts_at + interval '5 days', ends_at = ends_at + interval '5 days' WHERE id = $1`, c.show)
	require.NoError(t, err)

	operator := sys.operator(t)
	var begun openapi.CascadeReport
	sys.cancelAll(t, c.sales, func() (err error) {
		begun, err = cancelShow(t.Context(), operator, c.show)
		return err
	})

	report := sys.report(t, operator, begun.Cascade, len(c.sales))
	requireReport(t, report, c.sales)
	sys.requirePaidBack(t, c.sales)
	sys.requireCancelledOnce(t, c.show, len(c.sales))
	t.Logf("%d were cancelled by their customers first, %d by the cascade", report.AlreadyCancelled, report.Cancelled)
}

// A customer who cancels a booking of a cancelled show loses nothing, although a cancellation would otherwise come too late.
func cancelledMeanwhile(t *testing.T, sys *system) {
	t.Helper()
	c := sys.crowdedShow(t, "show", crowd.Order{Bookings: 50})
	operator := sys.operator(t)
	begun, err := cancelShow(t.Context(), operator, c.show)
	require.NoError(t, err)

	sys.cancelAll(t, c.sales, func() error { return nil })

	report := sys.report(t, operator, begun.Cascade, len(c.sales))
	require.Zero(t, report.AlreadyCancelled)
	requireReport(t, report, c.sales)
	sys.requirePaidBack(t, c.sales)
	sys.requireCancelledOnce(t, c.show, len(c.sales))
}

func (sys *system) requireCancelledOnce(t *testing.T, show string, bookings int) {
	t.Helper()
	require.Equal(t, bookings, sys.count(t, `SELECT count(*) FROM bookings WHERE show_id = $1 AND status = 'CANCELLED'`, show))
	require.Equal(t, bookings, sys.count(t, `SELECT count(*) FROM cancellations x JOIN bookings b ON b.id = x.booking_id WHERE b.show_id = $1`, show))
	require.Zero(t, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show))
}

// late is somebody who is paying when the show is cancelled.
type late struct {
	*customer.Customer

	booking openapi.Booking
	payment openapi.Payment
	wallet  int64
}

// In the end nobody has a ticket, and nobody has paid.
func paidAtThatMoment(t *testing.T, sys *system) {
	t.Helper()
	const each = 6
	c := sys.crowdedShow(t, "show", crowd.Order{Bookings: 3})
	people := sys.latePeople(t, c.show, each)
	gate := make(chan struct{})
	var rush sync.WaitGroup
	for _, p := range people {
		rush.Go(func() {
			<-gate
			if p.payment.ProviderPayload != nil {
				_, _ = p.EnterCard(t.Context(), p.payment, "pm_card_visa")
				return
			}
			_, _ = p.Pay(t.Context(), "late-payment", p.booking.BookingId, booking.MethodWallet)
		})
	}
	operator := sys.operator(t)
	var begun openapi.CascadeReport
	var beginErr error
	rush.Go(func() {
		<-gate
		begun, beginErr = cancelShow(t.Context(), operator, c.show)
	})
	close(gate)
	rush.Wait()
	require.NoError(t, beginErr)

	report := sys.report(t, operator, begun.Cascade, len(people))
	require.Equal(t, len(people)+len(c.sales), report.Cancelled+report.Released)
	require.Equal(t, report.Found, report.Cancelled+report.Released)
	require.Zero(t, report.Left)
	t.Logf("%d were sold before the show was closed, %d ended unpaid", report.Cancelled-len(c.sales), report.Released)
	for _, p := range people {
		b, err := p.Booking(t.Context(), p.booking.BookingId)
		require.NoError(t, err)
		require.Contains(t, []booking.Status{booking.StatusCancelled, booking.StatusFailed, booking.StatusExpired}, b.Status)
		eventually(t, "all money is back", func() bool {
			collected, returned := sys.moneyOf(t, p.booking.BookingId)
			return collected == returned
		})
		wallet, err := p.Wallet(t.Context())
		require.NoError(t, err)
		require.Equal(t, []openapi.Balance{{Currency: "INR", Available: p.wallet}}, wallet.Balances)
	}
	require.Zero(t, sys.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, c.show))
	sys.requirePaidBack(t, c.sales)
}

// latePeople have a hold each, and those who do not pay from the wallet alone an intent, too.
func (sys *system) latePeople(t *testing.T, show string, each int) []late {
	t.Helper()
	var people []late
	for _, method := range []booking.Method{booking.MethodWallet, booking.MethodCard, booking.MethodWalletAndCard} {
		for i := range each {
			p := late{wallet: map[booking.Method]int64{booking.MethodWallet: 100000, booking.MethodWalletAndCard: 5000}[method]}
			p.Customer = sys.buyer(t, fmt.Sprintf("%s-%d", method, i), p.wallet)
			free, err := p.FreeSeats(t.Context(), show, 1)
			require.NoError(t, err)
			p.booking, err = p.Book(t.Context(), "late-booking", show, free...)
			require.NoError(t, err)
			if method != booking.MethodWallet {
				p.payment, err = p.Pay(t.Context(), "late-payment", p.booking.BookingId, method)
				require.NoError(t, err)
			}
			people = append(people, p)
		}
	}
	return people
}

// Every third refund is refused because our balance at the provider is too low. Such refunds have not failed: they are sent again when there is
// money.
func providerComesBack(t *testing.T, sys *system) {
	t.Helper()
	c := sys.crowdedShow(t, "show", crowd.Order{Bookings: 30, Methods: []booking.Method{booking.MethodCard, booking.MethodWalletAndCard}})
	operator := sys.operator(t)
	sys.requestFault(t, stripesim.RequestFault{
		Operation: stripesim.OpCreateRefund, Mode: stripesim.Refuse, Every: 3, Code: "balance_insufficient",
	})
	begun, err := cancelShow(t.Context(), operator, c.show)
	require.NoError(t, err)

	waiting := awaitProgress(t, operator, begun.Cascade.CascadeId, "all but the refused refunds have been made, and the cascade waits",
		func(r openapi.CascadeReport) bool {
			return r.Cascade.Status == booking.CascadeRefunding && r.Progress.Waiting == 10 && failed(r.Progress) == 10
		})
	require.Equal(t, 30, waiting.Progress.Cancelled)
	require.Zero(t, waiting.Progress.NeedsAttention)
	sys.clearFaults(t)
	for i, id := range sys.refundsIn(t, c.show, booking.RefundFailed) {
		_, err := operator.RetryRefund(t.Context(), fmt.Sprintf("retry-refund-%d", i), id, "the account is full again")
		require.NoError(t, err)
	}
	lookAgain(t, operator, begun.Cascade.CascadeId)

	report := sys.report(t, operator, begun.Cascade, len(c.sales))
	requireReport(t, report, c.sales)
	require.Zero(t, report.NeedsAttention)
	sys.requirePaidBack(t, c.sales)
}

// What the provider will never do waits for an operator, and not the cascade for it.
func refusedForGood(t *testing.T, sys *system) {
	t.Helper()
	const refused = 3
	c := sys.crowdedShow(t, "show", crowd.Order{Bookings: 9, Methods: []booking.Method{booking.MethodCard}})
	operator := sys.operator(t)
	sys.requestFault(t, stripesim.RequestFault{
		Operation: stripesim.OpCreateRefund, Mode: stripesim.Refuse, Times: refused, Code: "charge_not_refundable",
	})
	begun, err := cancelShow(t.Context(), operator, c.show)
	require.NoError(t, err)

	report := sys.report(t, operator, begun.Cascade, len(c.sales))
	requireReport(t, report, c.sales)
	require.Equal(t, refused, report.NeedsAttention)
	for i, id := range sys.refundsIn(t, c.show, booking.RefundNeedsAttention) {
		diverted, err := operator.DivertRefund(t.Context(), fmt.Sprintf("divert-refund-%d", i), id, "the card is closed")
		require.NoError(t, err)
		require.Equal(t, booking.RefundSucceeded, diverted.Refund.Status)
	}

	refunds, balances := sys.allRefunds(t), sys.balances(t, c.sales)
	paid, back, diverted := map[string]int64{}, map[string]int64{}, 0
	for _, sale := range c.sales {
		paid[sale.CustomerID] += sale.Card
		back[sale.CustomerID] += refunds[sale.IntentID].amount
		if refunds[sale.IntentID].times == 0 {
			diverted++
		}
	}
	require.Equal(t, refused, diverted)
	for customer := range paid {
		require.Equal(t, paid[customer], back[customer]+balances[customer])
	}
}

// A pause lets what is under way come to its end, and begins with nothing else.
func pausedAndResumed(t *testing.T, sys *system) {
	t.Helper()
	c := sys.crowdedShow(t, "show", crowd.Order{Bookings: 60})
	operator := sys.operator(t)
	first, err := cancelShow(t.Context(), operator, c.show)
	require.NoError(t, err)
	sys.awaitCancelled(t, c.show, 1, len(c.sales))
	paused, err := persist(t.Context(), func() (openapi.CascadeReport, error) {
		return operator.PauseCascade(t.Context(), first.Cascade.CascadeId, "the provider asks for a break")
	})
	require.NoError(t, err)
	require.True(t, paused.Cascade.Paused)

	workflowID := booking.CascadeWorkflowID(first.Cascade.Kind, first.Cascade.SubjectId)
	quiet := 0
	eventually(t, "what was under way has come to its end, and nothing is begun any more", func() bool {
		seen, err := sys.Temporal.DescribeWorkflowExecution(t.Context(), workflowID, "")
		require.NoError(t, err)
		if quiet++; len(seen.GetPendingChildren()) > 0 {
			quiet = 0
		}
		return quiet > 20
	})
	stopped := sys.cancelledIn(t, c.show)
	require.Less(t, stopped, len(c.sales))
	require.LessOrEqual(t, stopped, paused.Progress.Cancelled+booking.CascadeWindow)
	again, err := cancelShow(t.Context(), operator, c.show)
	require.NoError(t, err, "asking twice finds the first")
	require.Equal(t, first.Cascade.CascadeId, again.Cascade.CascadeId)
	require.True(t, again.Cascade.Paused)
	require.Equal(t, stopped, sys.cancelledIn(t, c.show))
	_, err = persist(t.Context(), func() (openapi.CascadeReport, error) {
		return operator.ResumeCascade(t.Context(), first.Cascade.CascadeId, "the provider is ready")
	})
	require.NoError(t, err)

	requireReport(t, sys.report(t, operator, first.Cascade, len(c.sales)), c.sales)
	sys.requirePaidBack(t, c.sales)
	_, err = operator.PauseCascade(t.Context(), first.Cascade.CascadeId, "too late")
	refused(t, err, http.StatusConflict, booking.CodeInvalidState)
	again, err = cancelShow(t.Context(), operator, c.show)
	require.NoError(t, err)
	require.Equal(t, booking.CascadeFinished, again.Cascade.Status)
}

// Future shows are cancelled. The show that has been played keeps its bookings, and so does the one in another theatre.
func theatreCloses(t *testing.T, sys *system) {
	t.Helper()
	shows := sys.severalShows(t)
	today, tomorrow, played, next := shows[0], shows[1], shows[2], shows[3]
	next.theatre = "th_next_" + next.show[3:]
	_, err := sys.Owner.Exec(t.Context(), `INSERT INTO theatres SELECT $2, city_id, $2, address, time_zone, currency, booking_fee_per_seat, tax_basis_points
		FROM theatres WHERE id = $1`, today.theatre, next.theatre)
	require.NoError(t, err)
	_, err = sys.Owner.Exec(t.Context(), `UPDATE screens SET theatre_id = $2 WHERE id = 'sc_' || $1`, next.show, next.theatre)
	require.NoError(t, err)

	operator := sys.operator(t)
	begun, err := persist(t.Context(), func() (openapi.CascadeReport, error) {
		return operator.DeactivateTheatre(t.Context(), today.theatre, "the theatre closes")
	})
	require.NoError(t, err)
	require.Equal(t, 2, begun.Cascade.Shows)

	cancelled := slices.Concat(today.sales, tomorrow.sales)
	requireReport(t, sys.report(t, operator, begun.Cascade, len(cancelled)), cancelled)
	sys.requirePaidBack(t, cancelled)
	sys.requireUntouched(t, played)
	sys.requireUntouched(t, next)
}

// Every theatre loses its shows of the movie, but not what has been played.
func movieIsWithdrawn(t *testing.T, sys *system) {
	t.Helper()
	shows := sys.severalShows(t)
	one, two, played, other := shows[0], shows[1], shows[2], shows[3]
	_, err := sys.Owner.Exec(t.Context(), `UPDATE shows SET movie_id = (SELECT min(id) FROM movies WHERE id <> $2) WHERE id = $1`, other.show, one.movie)
	require.NoError(t, err)

	operator := sys.operator(t)
	begun, err := persist(t.Context(), func() (openapi.CascadeReport, error) {
		return operator.WithdrawMovie(t.Context(), one.movie, "the distributor wants it back")
	})
	require.NoError(t, err)
	require.Equal(t, 2, begun.Cascade.Shows)

	cancelled := slices.Concat(one.sales, two.sales)
	requireReport(t, sys.report(t, operator, begun.Cascade, len(cancelled)), cancelled)
	sys.requirePaidBack(t, cancelled)
	sys.requireUntouched(t, played)
	sys.requireUntouched(t, other)
}

// severalShows are four crowded shows of one movie in one theatre. The third has been played.
func (sys *system) severalShows(t *testing.T) []crowded {
	t.Helper()
	const bookings = 10
	first := sys.crowdedShow(t, "today", crowd.Order{Bookings: bookings})
	shows := []crowded{first}
	for i, name := range []string{"tomorrow", "played", "other"} {
		c := crowded{show: first.show + name, theatre: first.theatre, movie: first.movie}
		sys.fill(t, &c, crowd.Order{Bookings: bookings}, time.Now().Add(time.Duration(i+2)*24*time.Hour))
		shows = append(shows, c)
	}
	_, err := sys.Owner.Exec(t.Context(), `UPDATE shows SET starts_at = now() - interval '5 hours', ends_at = now() - interval '2 hours' WHERE id = $1`, shows[2].show)
	require.NoError(t, err)
	return shows
}

func (sys *system) requireUntouched(t *testing.T, c crowded) {
	t.Helper()
	require.Equal(t, len(c.sales), sys.count(t, `SELECT count(*) FROM bookings WHERE show_id = $1 AND status = 'CONFIRMED'`, c.show))
	require.Equal(t, 1, sys.count(t, `SELECT count(*) FROM shows WHERE id = $1 AND status = 'ON_SALE'`, c.show))
}
