package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// quietAfter is how long after a part's return 503 is excused. A step that a killed worker had begun is tried again only when its time is over, fifteen
	// seconds for a step of SQL, and whoever waits for it is told to try again meanwhile. All else is in order sooner.
	quietAfter = 15 * time.Second
	// bearable is how many of a hundred answers may be 503 in peace, and fewest how many it takes to be no accident of a busy machine.
	bearable, fewest = 1, 5
)

// peace is what was answered while nothing excused a 503.
type peace struct {
	Answers int `json:"answers"`
	// Unavailable are the 503 among them, by operation.
	Unavailable map[string]int `json:"unavailable"`
}

// askProvider are the operations that do not answer before the provider does, or patience with it has run out.
var askProvider = []string{
	"POST /bookings/{id}/payments", "POST /bookings/{id}/cancel", "POST /wallet/top-ups",
	"POST /admin/bookings/{id}/expire", "POST /admin/refunds/{id}/retry", "POST /admin/refunds/{id}/divert",
}

// inPeace says whether an answer came while nothing excuses a 503: all parts were there, and had been for a while; for what asks the provider, it had
// behaved for as long.
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
