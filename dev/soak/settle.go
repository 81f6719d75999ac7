package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// settlePatience is how long after the end of the last hold everything must be at rest. Connections of others stay open for a minute
	// and a half when nothing comes.
	settlePatience = 4 * time.Minute
	settleEvery    = time.Second
	// restingShare and restingMore say how many goroutines there may be at rest: so many times as many as before the load, and so many more.
	restingShare, restingMore = 1.2, 20
)

// settle waits until everything is as it was before the load, and says where it is not.
func (r *report) settle(ctx context.Context, s *system, idle *watch) {
	ctx, giveUp := context.WithTimeout(ctx, r.Hold+settlePatience)
	defer giveUp()
	began := time.Now()
	_ = wait.Until(ctx, settleEvery, func() (bool, error) { // what does not rest is in the verdicts
		s.browser.CloseIdleConnections()
		w := newWatch(s, began)
		w.look(ctx, slices.DeleteFunc(w.all(), func(p probe) bool { return !rests(p) }))
		r.Rest = r.Rest[:0]
		for _, p := range w.all() {
			if rests(p) {
				r.Rest = append(r.Rest, atRest(p, idle))
			}
		}
		return !slices.ContainsFunc(r.Rest, func(v verdict) bool { return !v.OK }), nil
	})
}

// rests says whether a probe must come back to where it was.
func rests(p probe) bool { return p.panel == panelOpen || p.panel == panelGoroutines }

func atRest(p probe, idle *watch) verdict {
	name := "at rest: " + p.name
	points := p.all()
	if len(points) == 0 {
		return verdict{What: name, Judged: true, Why: "could not be seen"}
	}
	before := idle.find(p.name).latest()
	if p.panel == panelGoroutines {
		before = before*restingShare + restingMore
	}
	return settled(name, points[len(points)-1].value, before)
}

// auditGrace leaves nothing out for being young: nothing is under way any more.
const auditGrace = "--grace=0s"

// audit proves the books.
func (r *report) audit(ctx context.Context, s *system) {
	said, err := s.Boxoffice(ctx, "audit", auditGrace)
	r.Books = verdict{What: "the books", Judged: true, OK: err == nil, Why: lastLine(said)}
	if err != nil {
		r.Books.Why = fmt.Sprintf("%v\n%s", err, said)
	}
	for _, part := range s.died() {
		r.Rest = append(r.Rest, verdict{What: string(part), Judged: true, Why: "has ended by itself"})
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
