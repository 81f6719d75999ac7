package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// plan is everything that is thrown at the system. It is a function of the seed, the duration, the number of customers and the kinds of their stories.
type plan struct {
	Seed      uint64             `json:"seed"`
	Duration  stripesim.Duration `json:"duration"`
	Customers int                `json:"customers"`
	// Only are the kinds of stories that customers have; all when it is empty.
	Only    []string `json:"only,omitempty"`
	Kills   []kill   `json:"kills"`
	Faults  []fault  `json:"faults"`
	Actions []action `json:"actions"`
}

// kill takes one part away for a while.
type kill struct {
	// At is counted from the beginning of the run. A kill waits until the part before it is back. It does not happen if the run is over by then,
	// unless it is the first of its part.
	At   stripesim.Duration `json:"at"`
	Part stack.Part         `json:"part"`
	// Gently asks the part to end; otherwise it gets SIGKILL.
	Gently bool `json:"gently,omitempty"`
	// Down is how long it stays away before it is started again.
	Down stripesim.Duration `json:"down"`
}

// fault bends the provider from a moment on, for a number of requests or events.
type fault struct {
	At      stripesim.Duration      `json:"at"`
	Request *stripesim.RequestFault `json:"request,omitempty"`
	Webhook *stripesim.WebhookFault `json:"webhook,omitempty"`
}

// action is something that an operator does.
type action struct {
	At   stripesim.Duration `json:"at"`
	Kind actionKind         `json:"kind"`
	// Show is the number of the show that is cancelled.
	Show int `json:"show"`
}

// actionKind is what an operator does.
type actionKind string

const (
	// cancelsShow cancels a show. pausesShow stops its cascade at once, and has it go on a little later.
	cancelsShow, pausesShow actionKind = "cancel a show", "cancel a show with a pause"
	// expires ends the hold that was made last.
	expires actionKind = "expire a booking"
)

const (
	// firstKill and lastKill keep kills away from the first and the last moments, when nothing is under way.
	firstKill = 3 * time.Second
	lastKill  = time.Second
	// shortestGap and longestGap are between the planned beginnings of two kills; in a run of less than briefRun that is briefGap.
	shortestGap, longestGap, briefGap = 5 * time.Second, 15 * time.Second, 6 * time.Second
	// restful is how long a run must last to have rests: on average after one kill in restEvery, the next one comes later by rest, so that for some
	// of that time nothing excuses a 503.
	restful, rest, restEvery = 2 * time.Minute, 30 * time.Second, 5
	// briefRun is too short for what takes long: in a shorter run parts come back at once, and no event about a refund is lost, since the product
	// asks about a refund only once a minute.
	briefRun = time.Minute
	// longestDown is how long a part stays away at most, in addition to its start; every other time it is shortlyDown at most.
	longestDown, shortlyDown = 8 * time.Second, time.Second
	// gently is the percentage of kills that are a clean stop, once each part has been killed with SIGKILL.
	gently = 15
)

// makePlan draws the plan of a run.
func makePlan(seed uint64, duration time.Duration, customers int, only ...string) plan {
	return plan{
		Seed: seed, Duration: stripesim.Duration(duration), Customers: customers, Only: only,
		Kills: drawKills(throw(seed, "kills"), duration), Faults: drawFaults(throw(seed, "faults"), duration),
		Actions: drawActions(throw(seed, "operator"), duration),
	}
}

// drawKills takes each part once, and hard, before it takes any for a second time.
func drawKills(d dice, duration time.Duration) (kills []kill) {
	parts := []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Postgres}
	d.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	often := []weighted[stack.Part]{{3, stack.API}, {4, stack.Worker}, {2, stack.Temporal}, {2, stack.Postgres}}
	gap, away := longestGap, longestDown
	if duration < briefRun {
		gap, away = briefGap, shortlyDown
	}
	for at := d.between(firstKill, firstKill+2*time.Second); at < duration-lastKill; at += d.between(shortestGap, gap) {
		down := d.between(0, oneOf(d, shortlyDown, away))
		k := kill{At: stripesim.Duration(at), Gently: d.chance(gently), Down: stripesim.Duration(down), Part: draw(d, often)}
		if len(kills) < len(parts) {
			k.Part, k.Gently = parts[len(kills)], false
		}
		kills = append(kills, k)
		if duration >= restful && len(kills) >= len(parts) && d.IntN(restEvery) == 0 {
			at += rest
		}
	}
	return kills
}

// drawActions has a show cancelled every minute and a half, in the second half of that time, and a booking expired every few seconds.
func drawActions(d dice, duration time.Duration) (actions []action) {
	const every = 90 * time.Second
	for from := time.Duration(0); from < duration; from += every {
		until := min(from+every, duration)
		at := d.between(from+(until-from)/2, until)
		// The last large show stays open, so that there is always something to buy.
		show := d.IntN(largeShows - 1)
		if d.chance(50) {
			show = hotShowAt(at)
		}
		actions = append(actions, action{At: stripesim.Duration(at), Kind: oneOf(d, cancelsShow, pausesShow), Show: show})
	}
	for at := d.between(0, longestGap); at < duration; at += d.between(shortestGap, longestGap) {
		actions = append(actions, action{At: stripesim.Duration(at), Kind: expires})
	}
	slices.SortFunc(actions, func(a, b action) int { return int(a.At - b.At) })
	return actions
}

// digestStories is how many stories of each customer count for the digest.
const digestStories = 100

// digest tells plans apart: equal digests are equal plans.
func (p plan) digest() string {
	sum := sha256.New()
	encoder := json.NewEncoder(sum)
	_ = encoder.Encode(p) // a hash takes everything
	for customer := range p.Customers {
		for number := range digestStories {
			_ = encoder.Encode(p.story(customer, number))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// story is what a customer does as the nth thing in the run.
func (p plan) story(customer, number int) story {
	return drawStory(throw(p.Seed, fmt.Sprintf("customer %d story %d", customer, number)), number, p.Only)
}
