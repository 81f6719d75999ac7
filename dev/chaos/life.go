package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	// enough is of how many stories of a kind one has to end well, and of how many faults one has to befall somebody. About every other story comes to nothing for
	// a good reason, such as taken seats, and many a fault is for a request that nobody sends: ten in vain are one in a thousand runs.
	enough = 10
	// storyEvery is in how many minutes a customer has to bring one story to its end: six or more are usual in one minute.
	storyEvery = 2
)

// judgeLife says what of the plan never happened: a system that does nothing loses nothing either. It asks only for what is sure to happen in a run of this
// length.
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

// judgeFaults says whether the provider's faults have befallen nobody. It does not ask for every kind of fault: which are used is a matter of what is bought.
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
