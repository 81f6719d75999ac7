package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// precheckReaders is how many reads of wishes for seats may be under way. Few, so that they gather in a rush.
	precheckReaders = 2
	// precheckMost is how many wishes one of them may look at.
	precheckMost = 200
)

// errNoPlace is why somebody is turned away who has waited for as long as it makes sense.
var errNoPlace = fmt.Errorf("no place to hold seats: %w", context.DeadlineExceeded)

// admitHold starts the hold when there is a place for it. Whoever had to wait looks again: when Temporal has decided about somebody else's
// hold of the same seats, and before the hold itself.
//
// There are two patiences. In the queue it is long, as long as the queue moves: in a rush there is something to wait for. But from the last
// sign of life of Temporal on, or from the arrival if that was later, everything together may take no longer than WorkflowTimeout. At least
// half of that is left for the hold itself: one that is given after its customer was told to try again keeps seats from others for nothing.
func (h *handlers) admitHold(ctx context.Context, request booking.Request, before db.BookingPrechecksRow) (err error) {
	if err := h.queuers.join(request.CustomerID, request.BookingID); err != nil {
		return err
	}
	defer h.queuers.leave(request.CustomerID, request.BookingID)
	came := time.Now()
	s := h.holds.enter(request.ShowID, request.Seats)
	decided := false
	defer func() { h.holds.leave(s, decided, time.Now()) }()
	waited, err := h.awaitPlace(ctx, s, request, came)
	if err != nil || waited.done {
		return err
	}
	if waited.long {
		if before, err = h.precheck(ctx, request); err != nil || before.Booked {
			return err
		}
	}
	until := h.holds.aliveSince(came).Add(h.config.WorkflowTimeout)
	if waited.long && time.Until(until) < h.config.WorkflowTimeout/2 {
		return errNoPlace // the last look took the time
	}
	holding, cancel := context.WithTimeout(ctx, time.Until(until))
	defer cancel()
	request.TheatreID = before.TheatreID
	err = h.startHold(holding, request, h.showTitle(before))
	decided = err == nil || isRefusal(err)
	return err
}

// wait is how waiting for a place has ended: with the place, after more than no time, or with a booking that exists already.
type wait struct{ long, done bool }

// awaitPlace waits for a place, and refuses whoever has lost meanwhile.
func (h *handlers) awaitPlace(ctx context.Context, s *seeker, request booking.Request, came time.Time) (wait, error) {
	select {
	case <-s.place:
		return wait{}, nil
	default:
	}
	queueing, cancel := context.WithTimeout(ctx, h.config.QueueTimeout)
	defer cancel()
	for {
		patience := time.Until(h.holds.aliveSince(came).Add(h.config.WorkflowTimeout))
		if patience <= 0 {
			return h.turnAway(ctx, request, errNoPlace)
		}
		out := time.NewTimer(patience)
		select {
		case <-s.place:
			out.Stop()
			if h.holds.aliveSince(came).Add(h.config.WorkflowTimeout / 2).Before(time.Now()) {
				return h.turnAway(ctx, request, errNoPlace)
			}
			return wait{long: true}, nil
		case <-s.news:
			out.Stop()
			if before, err := h.precheck(queueing, request); err != nil || before.Booked {
				return wait{done: true}, err
			}
		case <-queueing.Done():
			out.Stop()
			return h.turnAway(ctx, request, queueing.Err())
		case <-h.closing:
			out.Stop()
			return h.turnAway(ctx, request, errNoPlace)
		case <-out.C:
		}
	}
}

// turnAway answers whoever has waited in vain: in a rush the seats are gone by then, and that is a better answer than to try
// again.
func (h *handlers) turnAway(ctx context.Context, request booking.Request, cause error) (wait, error) {
	looking, cancel := context.WithTimeout(ctx, h.config.WorkflowTimeout/2)
	defer cancel()
	if before, err := h.precheck(looking, request); err != nil || before.Booked {
		return wait{done: true}, err
	}
	return wait{done: true}, fmt.Errorf("wait for a place to hold seats: %w", cause)
}

func isRefusal(err error) bool {
	_, refused := errors.AsType[*booking.Refusal](err)
	return refused
}

// readPrechecks reads what decides about wishes.
func readPrechecks(queries *db.Queries) func(context.Context, []booking.Request) ([]db.BookingPrechecksRow, error) {
	return func(ctx context.Context, wishes []booking.Request) ([]db.BookingPrechecksRow, error) {
		params := db.BookingPrechecksParams{
			BookingIds: make([]string, len(wishes)), CustomerIds: make([]string, len(wishes)), ShowIds: make([]string, len(wishes)), Seats: make([]string, len(wishes)),
		}
		for i, wish := range wishes {
			params.BookingIds[i], params.CustomerIds[i] = wish.BookingID, wish.CustomerID
			params.ShowIds[i], params.Seats[i] = wish.ShowID, strings.Join(wish.Seats, ",")
		}
		return queries.BookingPrechecks(ctx, params)
	}
}
