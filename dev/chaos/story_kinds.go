package main

import (
	"context"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/tool"
)

// storyKind is what somebody wants.
type storyKind string

// The kinds of stories.
const (
	browses  storyKind = "browse"
	abandons storyKind = "abandon"
	givesUp  storyKind = "cancel-unpaid"
	buys     storyKind = "buy"
	topsUp   storyKind = "top-up"
)

// storyRule is how a kind of story is drawn, told and judged.
type storyRule struct {
	// weight is how often it is drawn, compared with the others.
	weight int
	// endsWell is how it ends well: with this at the beginning.
	endsWell string
	// tell does what the story says, and tells in a few words how it ended.
	tell func(t *telling, ctx context.Context) string
}

// storyKinds are all.
var storyKinds = tool.Scenarios[storyRule]{
	{Name: string(browses), About: "looks at shows and buys nothing", Play: storyRule{8, "seen", (*telling).browse}},
	{Name: string(abandons), About: "holds seats and leaves", Play: storyRule{9, "left", (*telling).takeSeats}},
	{Name: string(givesUp), About: "holds seats and cancels before paying", Play: storyRule{7, "cancelled", (*telling).takeSeats}},
	{Name: string(buys), About: "holds seats and pays, and may cancel afterwards", Play: storyRule{68, "bought", (*telling).takeSeats}},
	{Name: string(topsUp), About: "fills the wallet by card", Play: storyRule{8, string(booking.TopUpSucceeded), (*telling).topUp}},
}

// drawKind draws one of the kinds with these names, of all when there are none.
func drawKind(d dice, only []string) storyKind {
	var choices []weighted[storyKind]
	for _, kind := range storyKinds {
		if len(only) == 0 || slices.Contains(only, kind.Name) {
			choices = append(choices, weighted[storyKind]{kind.Play.weight, storyKind(kind.Name)})
		}
	}
	return draw(d, choices)
}
