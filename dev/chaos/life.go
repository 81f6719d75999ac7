package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	// enough is how many stories of a kind there must be before one of them has to end well, and how many faults must be planned before one has to
	// hit something. About half of the stories fail for a good reason, such as taken seats, and many faults are planned for requests that nobody
	// sends; ten failures in a row happen in one run of a thousand.
	enough = 10
	// storyEvery is in how many minutes each customer must finish one story; usual are six or more a minute.
	storyEvery = 2
)

// judgeLife says what of the plan did not happen: a system that does nothing loses nothing either. It only asks for what is sure to happen in a run
// of this length.
func judgeLife(r report) (wrong []string) {
	for _, k := range r.Plan.Kills[:min(len(r.Plan.Kills), len(parts))] {
		if killed, _, _, _ := r.blowsTo(k.Part); killed == 0 {
			wrong = append(wrong, fmt.Sprintf("%s was never killed", k.Part))
		}
	}
	told := 0
	for _, kind := range storyKinds {
		n, well := 0, 0
		for end, times := range r.Counts.Stories[kind.Name] {
			if n += times; strings.HasPrefix(end, kind.Play.endsWell) {
				well += times
			}
		}
		if told += n; n >= enough && well == 0 {
			wrong = append(wrong, fmt.Sprintf("of %d stories of the kind %q none ended with %q", n, kind.Name, kind.Play.endsWell))
		}
	}
	duration := time.Duration(r.Plan.Duration)
	if duration < briefRun {
		return wrong
	}
	if wanted := r.Plan.Customers * max(1, int(duration.Minutes())/storyEvery); told < wanted {
		wrong = append(wrong, fmt.Sprintf("%d customers have brought %d stories to their ends, and not even %d", r.Plan.Customers, told, wanted))
	}
	return append(wrong, judgeFaults(r)...)
}

// judgeFaults says whether no fault of the provider was used at all. It does not ask for every kind: which are used depends on what is bought.
func judgeFaults(r report) (wrong []string) {
	requests, events := 0, 0
	for _, f := range r.Plan.Faults {
		if f.Request != nil {
			requests++
		} else {
			events++
		}
	}
	for _, of := range []struct {
		what    string
		planned int
		used    map[string]int
	}{{"requests to the provider", requests, r.Requests}, {"events of the provider", events, r.Webhooks}} {
		if of.planned >= enough && total(of.used) == 0 {
			wrong = append(wrong, fmt.Sprintf("%d faults of %s were planned, and none befell any", of.planned, of.what))
		}
	}
	return wrong
}
