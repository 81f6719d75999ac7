package sales

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// errNoPlace refuses a request that has waited for as long as it makes sense.
var errNoPlace = fmt.Errorf("no place to hold seats: %w", context.DeadlineExceeded)

// admit starts the hold, and the payment that goes with it, when there is a place for it. A request that had to wait checks again:
// whenever Temporal has decided about somebody else's hold of the same seats, and before its own hold.
//
// There are two time limits. In the queue it is long, as long as the queue moves: in a rush there is
// something to wait for. But from the last sign of life of Temporal on, or from the request's arrival if that
// was later, everything together may take no longer than Patience. At least half of that is left for the hold
// itself: a hold that succeeds after its customer was told to try again keeps seats from others for nothing.
func (s *Sales) admit(ctx context.Context, request booking.Request, before db.BookingPrechecksRow) (refused *booking.Refusal, err error) {
	if err := s.queuers.join(request.CustomerID, request.BookingID); err != nil {
		return nil, err
	}
	defer s.queuers.leave(request.CustomerID, request.BookingID)
	came := time.Now()
	seeker := s.queue.enter(request.ShowID, request.Seats)
	decided := false
	defer func() { s.queue.leave(seeker, decided, time.Now()) }()
	waited, err := s.awaitPlace(ctx, seeker, request, came)
	if err != nil || waited.done {
		return nil, err
	}
	if waited.long {
		if before, err = s.precheck(ctx, request); err != nil || before.Booked {
			return nil, err
		}
	}
	until := s.queue.aliveSince(came).Add(s.options.Patience)
	if waited.long && time.Until(until) < s.options.Patience/2 {
		return nil, errNoPlace // the last check took the time
	}
	holding, cancel := context.WithTimeout(ctx, time.Until(until))
	defer cancel()
	request.TheatreID = before.TheatreID
	refused, err = s.start(holding, request, titleOf(before))
	decided = err == nil || isRefusal(err)
	return refused, err
}

// wait is how waiting for a place has ended: with the place, after waiting or not, or with a booking that exists already.
type wait struct{ long, done bool }

// awaitPlace waits for a place, and refuses a request that has lost in the meantime.
func (s *Sales) awaitPlace(ctx context.Context, seeker *seeker, request booking.Request, came time.Time) (wait, error) {
	select {
	case <-seeker.place:
		return wait{}, nil
	default:
	}
	queueing, cancel := context.WithTimeout(ctx, s.options.QueuePatience)
	defer cancel()
	for {
		patience := time.Until(s.queue.aliveSince(came).Add(s.options.Patience))
		if patience <= 0 {
			return s.turnAway(ctx, request, errNoPlace)
		}
		out := time.NewTimer(patience)
		select {
		case <-seeker.place:
			out.Stop()
			if s.queue.aliveSince(came).Add(s.options.Patience / 2).Before(time.Now()) {
				return s.turnAway(ctx, request, errNoPlace)
			}
			return wait{long: true}, nil
		case <-seeker.news:
			out.Stop()
			if before, err := s.precheck(queueing, request); err != nil || before.Booked {
				return wait{done: true}, err
			}
		case <-queueing.Done():
			out.Stop()
			return s.turnAway(ctx, request, queueing.Err())
		case <-s.closing:
			out.Stop()
			return s.turnAway(ctx, request, errNoPlace)
		case <-out.C:
		}
	}
}

// turnAway answers a request that has waited in vain: in a rush the seats are gone by then, and that
// is a better answer than "try again".
func (s *Sales) turnAway(ctx context.Context, request booking.Request, cause error) (wait, error) {
	looking, cancel := context.WithTimeout(ctx, s.options.Patience/2)
	defer cancel()
	if before, err := s.precheck(looking, request); err != nil || before.Booked {
		return wait{done: true}, err
	}
	return wait{done: true}, fmt.Errorf("wait for a place to hold seats: %w", cause)
}
