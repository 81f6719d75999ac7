package api

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// admission bounds how many holds this process has under way at Temporal, and lets only those have a place who can still win. Every hold
// costs Temporal's database several transactions; when a show goes on sale, thousands of them at once would only make each other late. Who
// wants a seat that somebody before him here wants too waits until that one has left, however many places are free: he is then most
// likely to be refused, by one read. Whoever is in nobody's way gets a place in the order of arrival.
type admission struct {
	mu     sync.Mutex
	places int // free ones
	came   uint64
	// queues holds, for each seat that somebody wants, who does, in the order of arrival. The first of a queue has the seat's turn.
	queues map[seatOfShow][]*seeker
	// ready are those who wait for nothing but a place, in the order of arrival.
	ready []*seeker
	// alive is when Temporal has last decided about a hold.
	alive time.Time
}

// seatOfShow is a seat that is wanted.
type seatOfShow struct{ showID, seat string }

// seeker wants a place for a hold, or has one.
type seeker struct {
	number uint64
	wants  []seatOfShow
	behind int // for how many of the seats somebody came before
	placed bool
	// place is closed when there is a place for this hold.
	place chan struct{}
	// news comes when Temporal has decided about somebody's hold of a seat that this one wants too.
	news chan struct{}
}

func newAdmission(places int) *admission {
	return &admission{places: places, queues: make(map[seatOfShow][]*seeker)}
}

// enter queues for a place. Whoever has entered leaves in the end, with a place or without.
func (a *admission) enter(showID string, seats []string) *seeker {
	s := &seeker{wants: make([]seatOfShow, len(seats)), place: make(chan struct{}), news: make(chan struct{}, 1)}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came++
	s.number = a.came
	for i, seat := range seats {
		wanted := seatOfShow{showID, seat}
		s.wants[i] = wanted
		if len(a.queues[wanted]) > 0 {
			s.behind++
		}
		a.queues[wanted] = append(a.queues[wanted], s)
	}
	if s.behind == 0 {
		a.ready = append(a.ready, s)
		a.give()
	}
	return s
}

// leave gives back what a seeker has, its place and its turns. decided says that Temporal has answered the hold, whatever it was; then
// everybody else who wants one of the seats has news, and Temporal is alive at the given time.
func (a *admission) leave(s *seeker, decided bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if decided {
		a.alive = now
	}
	if s.placed {
		a.places++
	} else if at := slices.Index(a.ready, s); at >= 0 {
		a.ready = slices.Delete(a.ready, at, at+1)
	}
	for _, wanted := range s.wants {
		a.abandon(s, wanted)
		if decided {
			for _, other := range a.queues[wanted] {
				select {
				case other.news <- struct{}{}:
				default: // it has not looked at the last ones yet
				}
			}
		}
	}
	a.give()
}

// abandon takes a seeker out of a seat's queue; whoever is first then has one seat less to wait for.
func (a *admission) abandon(s *seeker, wanted seatOfShow) {
	queue := a.queues[wanted]
	at := slices.Index(queue, s)
	queue = slices.Delete(queue, at, at+1)
	if len(queue) == 0 {
		delete(a.queues, wanted)
		return
	}
	a.queues[wanted] = queue
	if at > 0 {
		return
	}
	first := queue[0]
	if first.behind--; first.behind == 0 {
		to, _ := slices.BinarySearchFunc(a.ready, first.number, func(r *seeker, number uint64) int { return cmp.Compare(r.number, number) })
		a.ready = slices.Insert(a.ready, to, first)
	}
}

// give hands out what places there are.
func (a *admission) give() {
	for a.places > 0 && len(a.ready) > 0 {
		next := a.ready[0]
		a.ready = slices.Delete(a.ready, 0, 1)
		a.places--
		next.placed = true
		close(next.place)
	}
}

// aliveSince is when Temporal has last decided about a hold, or the given time if that is later.
func (a *admission) aliveSince(came time.Time) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.alive.After(came) {
		return a.alive
	}
	return came
}
