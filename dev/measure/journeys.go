package measure

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// journeyPatience bounds one journey.
const journeyPatience = time.Minute

// Journeys are the common ways of a booking, of two seats each, played one after another on a system that does nothing else.
type Journeys struct {
	Temporal   client.Client
	Statements *StatementLog
	// Buyer has money in the wallet.
	Buyer *customer.Customer
	// Simulator is the provider's.
	Simulator stripesim.Client
	// ShowID is a show with twelve free seats, and ShortShowID one that gives seconds to pay, in which the same seats are free.
	ShowID, ShortShowID string
}

// Journey is one of them: what it is, how its booking stands at the end, what it cost, and what it may cost.
type Journey struct {
	What   string         `json:"what"`
	Status booking.Status `json:"status"`
	Counts Counts         `json:"counts"`
	Limits Counts         `json:"limits"`
}

// journey is a way of a booking. It gives the workflows that took part; they need not have ended yet.
type journey struct {
	what   string
	limits Counts
	play   func(j *Journeys, ctx context.Context, key string, seats []string) (bookingID string, workflows []string, err error)
}

// journeys are all. Their limits are a little above what they cost: two statements, since the API remembers of a show what it has once
// read, and two for what the buyer may do, which it remembers for some seconds, and a tenth of the bytes, since ids and times differ in length. Workflow tasks, which cost most, have none to spare, but for a refund:
// the provider may tell of it before or after it has been answered. Whoever raises a limit says why in the commit.
func journeys() []journey {
	return []journey{
		{"paid from the wallet", Counts{Events: 16, WorkflowTasks: 2, Bytes: 4_300, API: 7, Worker: 6}, (*Journeys).payFromWallet},
		{"paid at once from the wallet", Counts{Events: 10, WorkflowTasks: 1, Bytes: 3_150, API: 5, Worker: 6}, (*Journeys).buyAtOnce},
		{"paid by card", Counts{Events: 27, WorkflowTasks: 4, Bytes: 6_700, API: 11, Worker: 10, ProviderCalls: 2}, (*Journeys).payByCard},
		{"paid by wallet and card", Counts{Events: 28, WorkflowTasks: 4, Bytes: 7_450, API: 11, Worker: 15, ProviderCalls: 2}, (*Journeys).payInParts},
		{"held and abandoned", Counts{Events: 15, WorkflowTasks: 2, Bytes: 3_400, API: 6, Worker: 6}, (*Journeys).abandon},
		{"paid by card, cancelled and refunded", Counts{Events: 58, WorkflowTasks: 10, Bytes: 14_100, API: 19, Worker: 37, ProviderCalls: 5}, (*Journeys).cancel},
	}
}

// Play plays all.
func (j *Journeys) Play(ctx context.Context) ([]Journey, error) {
	var played []Journey
	for i, way := range journeys() {
		seats, err := j.Buyer.FreeSeats(ctx, j.ShowID, 2)
		if err != nil {
			return nil, fmt.Errorf("%s: find seats: %w", way.what, err)
		}
		bookingID, counts, err := j.count(ctx, way, fmt.Sprintf("journey-%d", i), seats)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", way.what, err)
		}
		booked, err := j.Buyer.Booking(ctx, bookingID)
		if err != nil {
			return nil, fmt.Errorf("%s: read its booking: %w", way.what, err)
		}
		played = append(played, Journey{What: way.what, Status: booked.Status, Counts: counts, Limits: way.limits})
	}
	return played, nil
}

// count plays one to its end, and until the system has come to rest.
func (j *Journeys) count(ctx context.Context, way journey, key string, seats []string) (bookingID string, c Counts, err error) {
	ctx, cancel := context.WithTimeout(ctx, journeyPatience)
	defer cancel()
	before, err := j.Statements.Settled(ctx)
	if err != nil {
		return "", c, err
	}
	bookingID, workflows, err := way.play(j, ctx, key, seats)
	if err != nil {
		return "", c, err
	}
	for _, id := range workflows {
		if err := j.Temporal.GetWorkflow(ctx, id, "").Get(ctx, nil); err != nil {
			return bookingID, c, fmt.Errorf("wait for %s: %w", id, err)
		}
	}
	after, err := j.Statements.Settled(ctx)
	if err != nil {
		return bookingID, c, err
	}
	c.API, c.Worker = after.API-before.API, after.Worker-before.Worker
	for _, id := range workflows {
		history, err := CountHistory(ctx, j.Temporal, id)
		if err != nil {
			return bookingID, c, err
		}
		c.Events, c.WorkflowTasks, c.Bytes = c.Events+history.Events, c.WorkflowTasks+history.WorkflowTasks, c.Bytes+history.Bytes
	}
	c.ProviderCalls, err = j.providerCalls(ctx, bookingID)
	return bookingID, c, err
}

func (j *Journeys) payFromWallet(ctx context.Context, key string, seats []string) (string, []string, error) {
	held, err := j.Buyer.Book(ctx, key+"-book", j.ShowID, seats...)
	if err != nil {
		return "", nil, err
	}
	_, err = j.Buyer.Pay(ctx, key+"-pay", held.BookingId, booking.MethodWallet)
	return held.BookingId, []string{booking.WorkflowID(held.BookingId)}, err
}

func (j *Journeys) buyAtOnce(ctx context.Context, key string, seats []string) (string, []string, error) {
	bought, err := j.Buyer.BuyAtOnce(ctx, key+"-buy", j.ShowID, booking.ReleaseSeats, seats...)
	return bought.BookingId, []string{booking.WorkflowID(bought.BookingId)}, err
}

func (j *Journeys) payByCard(ctx context.Context, key string, seats []string) (string, []string, error) {
	return j.enterCard(ctx, key, seats, func(held openapi.Booking) (openapi.Payment, error) {
		return j.Buyer.Pay(ctx, key+"-pay", held.BookingId, booking.MethodCard)
	})
}

func (j *Journeys) payInParts(ctx context.Context, key string, seats []string) (string, []string, error) {
	return j.enterCard(ctx, key, seats, func(held openapi.Booking) (openapi.Payment, error) {
		return j.Buyer.PayInParts(ctx, key+"-pay", held.BookingId, held.Pricing.Total/2)
	})
}

func (j *Journeys) enterCard(ctx context.Context, key string, seats []string, pay func(openapi.Booking) (openapi.Payment, error)) (string, []string, error) {
	held, err := j.Buyer.Book(ctx, key+"-book", j.ShowID, seats...)
	if err != nil {
		return "", nil, err
	}
	payment, err := pay(held)
	if err != nil {
		return "", nil, err
	}
	_, err = j.Buyer.EnterCard(ctx, payment, "pm_card_visa")
	return held.BookingId, []string{booking.WorkflowID(held.BookingId)}, err
}

func (j *Journeys) abandon(ctx context.Context, key string, seats []string) (string, []string, error) {
	held, err := j.Buyer.Book(ctx, key+"-book", j.ShortShowID, seats...)
	return held.BookingId, []string{booking.WorkflowID(held.BookingId)}, err
}

func (j *Journeys) cancel(ctx context.Context, key string, seats []string) (string, []string, error) {
	id, workflows, err := j.payByCard(ctx, key, seats)
	if err != nil {
		return "", nil, err
	}
	if err := j.Temporal.GetWorkflow(ctx, workflows[0], "").Get(ctx, nil); err != nil {
		return "", nil, err
	}
	given, err := j.Buyer.Cancel(ctx, id)
	if err != nil {
		return "", nil, err
	}
	workflows = append(workflows, booking.CancelBookingWorkflowID(id))
	for _, refund := range given.Refunds {
		workflows = append(workflows, booking.RefundWorkflowID(refund.RefundId))
	}
	return id, workflows, nil
}

// providerCalls is how often the product asked the provider about a booking. What customers send to the provider does not count.
func (j *Journeys) providerCalls(ctx context.Context, bookingID string) (int, error) {
	var counts stripesim.Counts
	if err := j.Simulator.Ask(ctx, http.MethodGet, "/_sim/counts", nil, &counts); err != nil {
		return 0, fmt.Errorf("read the simulator's counts: %w", err)
	}
	calls := 0
	for operation, n := range counts.ByBooking[bookingID] {
		if operation != stripesim.OpConfirmIntent {
			calls += n
		}
	}
	return calls, nil
}
