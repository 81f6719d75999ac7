package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// quietAfter is how long after a part's return a 503 is excused. A step that a killed worker had begun is tried again only after its time-out,
	// fifteen seconds for a step of SQL, and whoever waits for it is told to try again meanwhile. Everything else recovers sooner.
	quietAfter = 15 * time.Second
	// bearable is the percentage of answers that may be 503 in peace. Fewer than fewest do not count: a busy machine causes some.
	bearable, fewest = 1, 5
)

// peace is what was answered while nothing excused a 503.
type peace struct {
	Answers int `json:"answers"`
	// Unavailable are the 503 among them, by operation.
	Unavailable map[string]int `json:"unavailable"`
}

// askProvider are the operations that wait for the provider before they answer.
var askProvider = []string{
	"POST /bookings/{id}/payments", "POST /bookings/{id}/cancel", "POST /wallet/top-ups",
	"POST /admin/bookings/{id}/expire", "POST /admin/refunds/{id}/retry", "POST /admin/refunds/{id}/divert",
}

// inPeace says whether nothing excuses a 503: all parts have been running for a while and, if the operation asks the provider, it has behaved for as
// long.
func (x exchange) inPeace(o *outages) bool {
	needs := parts
	if slices.Contains(askProvider, x.Operation) {
		needs = append(slices.Clone(parts), stack.Stripesim)
	}
	return x.Err == nil && o.quiet(needs, x.Began, x.Ended)
}

// judgeService says whether customers were turned away although nothing was wrong.
func judgeService(p peace) (wrong []string) {
	if refused := total(p.Unavailable); refused >= fewest && refused*100 > p.Answers*bearable {
		wrong = append(wrong, fmt.Sprintf("of %d answers while everything had been there for %s, %d were 503: %s", p.Answers, quietAfter, refused, list(p.Unavailable)))
	}
	return wrong
}
