package sales

import (
	"sync"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/coalesce"
)

const (
	// maxQueuers bounds the memory of the queue for holds: each waiting request takes a goroutine and a connection, some 20 KB.
	maxQueuers = 10_000
	// maxQueuedBookings is for how many bookings one customer may wait at a time. A waiting request makes
	// others wait that want the same seats.
	maxQueuedBookings = 4
)

// queuers counts the requests that wait to hold seats, or are holding them. It may be used concurrently.
type queuers struct {
	mu    sync.Mutex
	total int
	// of counts the requests for each booking of each customer: a repeat of a request is not another booking.
	of map[string]map[string]int
}

func newQueuers() *queuers { return &queuers{of: make(map[string]map[string]int)} }

// join counts a request, or refuses it. Every request that has joined must leave in the end.
func (q *queuers) join(customerID, bookingID string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	mine := q.of[customerID]
	switch {
	case q.total >= maxQueuers:
		return coalesce.ErrCrowded
	case mine[bookingID] == 0 && len(mine) >= maxQueuedBookings:
		return booking.Refuse(booking.CodeRateLimited, "Too many bookings at once.").With("maxBookings", maxQueuedBookings)
	case mine == nil:
		mine = make(map[string]int)
		q.of[customerID] = mine
	}
	mine[bookingID]++
	q.total++
	return nil
}

func (q *queuers) leave(customerID, bookingID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.total--
	mine := q.of[customerID]
	if mine[bookingID]--; mine[bookingID] == 0 {
		delete(mine, bookingID)
	}
	if len(mine) == 0 {
		delete(q.of, customerID)
	}
}
