package sales

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// holdQueue limits how many holds this process has under way at Temporal, and gives places only to requests
// that can still win. Every hold costs Temporal's database several transactions; when a show goes on sale,
// thousands of them at once would only delay each other. A request for a seat that an earlier request in this
// process also wants waits until the earlier one has left, however many places are free: most likely it is
// then refused, by one read. Requests that are not behind another get their places in the order of arrival.
type holdQueue struct {
	mu     sync.Mutex
	places int // free ones
	came   uint64
	// queues holds, for each wanted seat, who wants it, in the order of arrival. The first in a queue has the seat's turn.
	queues map[seatOfShow][]*seeker
	// ready are those that wait only for a place, in the order of arrival.
	ready []*seeker
	// alive is when Temporal last decided about a hold.
	alive time.Time
}

// seatOfShow is a seat that is wanted.
type seatOfShow struct{ showID, seat string }

// seeker is a request that wants a place for a hold, or has one.
type seeker struct {
	number uint64
	wants  []seatOfShow
	behind int // for how many of its seats another request came before
	placed bool
	// place is closed when there is a place for this hold.
	place chan struct{}
	// news arrives when Temporal has decided about another hold of a seat that this one wants too.
	news chan struct{}
}

func newHoldQueue(places int) *holdQueue {
	return &holdQueue{places: places, queues: make(map[seatOfShow][]*seeker)}
}

// enter queues for a place. Every seeker that has entered must leave in the end, with or without a place.
func (q *holdQueue) enter(showID string, seats []string) *seeker {
	s := &seeker{wants: make([]seatOfShow, len(seats)), place: make(chan struct{}), news: make(chan struct{}, 1)}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.came++
	s.number = q.came
	for i, seat := range seats {
		wanted := seatOfShow{showID, seat}
		s.wants[i] = wanted
		if len(q.queues[wanted]) > 0 {
			s.behind++
		}
		q.queues[wanted] = append(q.queues[wanted], s)
	}
	if s.behind == 0 {
		q.ready = append(q.ready, s)
		q.give()
	}
	return s
}

// leave gives back what a seeker has, its place and its turns. decided says that Temporal has answered the hold, whatever
// the answer was; then everybody else who wants one of the seats has news, and Temporal is alive at the given time.
func (q *holdQueue) leave(s *seeker, decided bool, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if decided {
		q.alive = now
	}
	if s.placed {
		q.places++
	} else if at := slices.Index(q.ready, s); at >= 0 {
		q.ready = slices.Delete(q.ready, at, at+1)
	}
	for _, wanted := range s.wants {
		q.abandon(s, wanted)
		if decided {
			for _, other := range q.queues[wanted] {
				select {
				case other.news <- struct{}{}:
				default: // it has not read the last news yet
				}
			}
		}
	}
	q.give()
}

// abandon removes a seeker from a seat's queue; the one that is then first has one seat less to wait for.
func (q *holdQueue) abandon(s *seeker, wanted seatOfShow) {
	queue := q.queues[wanted]
	at := slices.Index(queue, s)
	queue = slices.Delete(queue, at, at+1)
	if len(queue) == 0 {
		delete(q.queues, wanted)
		return
	}
	q.queues[wanted] = queue
	if at > 0 {
		return
	}
	first := queue[0]
	if first.behind--; first.behind == 0 {
		to, _ := slices.BinarySearchFunc(q.ready, first.number, func(r *seeker, number uint64) int { return cmp.Compare(r.number, number) })
		q.ready = slices.Insert(q.ready, to, first)
	}
}

// give hands out the free places.
func (q *holdQueue) give() {
	for q.places > 0 && len(q.ready) > 0 {
		next := q.ready[0]
		q.ready = slices.Delete(q.ready, 0, 1)
		q.places--
		next.placed = true
		close(next.place)
	}
}

// aliveSince is when Temporal last decided about a hold, or the given time if that is later.
func (q *holdQueue) aliveSince(came time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.alive.After(came) {
		return q.alive
	}
	return came
}
