package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
)

// maxBreaches bounds how many of what is wrong are remembered word for word.
const maxBreaches = 100

// breach is something that must not be.
type breach struct {
	At    time.Time `json:"at"`
	Where string    `json:"where"`
	What  string    `json:"what"`
}

func (b breach) String() string { return b.Where + ": " + b.What }

// delay is how long a customer waited for an answer, with all tries.
type delay struct {
	Operation string        `json:"operation"`
	Took      time.Duration `json:"took"`
	Tries     int           `json:"tries"`
	// Away are the parts that were away meanwhile.
	Away []stack.Part `json:"away"`
}

// record is what happens in a run. Its methods may be called concurrently.
type record struct {
	mu       sync.Mutex
	answers  map[string]int
	stories  map[string]map[string]int
	breaches []breach
	broken   int
	requests int
	retries  int
	longest  delay
	peace    peace
	// odd is what is no breach and yet worth telling, by how often.
	odd map[string]int
}

func newRecord() *record {
	return &record{
		answers: map[string]int{}, stories: map[string]map[string]int{}, odd: map[string]int{}, peace: peace{Unavailable: map[string]int{}},
	}
}

// answered notes an exchange, and what is wrong with it if anything is.
func (r *record) answered(x exchange, wrong string) {
	r.mu.Lock()
	r.requests++
	r.answers[x.outcome()]++
	r.mu.Unlock()
	if wrong != "" {
		r.breach(x.Operation, "%s", wrong)
	}
}

// answeredInPeace notes an answer that came while nothing excused a 503.
func (r *record) answeredInPeace(x exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.peace.Answers++; x.Status == http.StatusServiceUnavailable {
		r.peace.Unavailable[x.Operation]++
	}
}

// breach notes something that must not be.
func (r *record) breach(where, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken++; len(r.breaches) < maxBreaches {
		r.breaches = append(r.breaches, breach{At: time.Now().UTC(), Where: where, What: fmt.Sprintf(format, args...)})
	}
}

// told notes how a story ended.
func (r *record) told(kind storyKind, end string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stories[string(kind)] == nil {
		r.stories[string(kind)] = map[string]int{}
	}
	r.stories[string(kind)][end]++
}

// waited notes how long somebody waited for an answer.
func (r *record) waited(w delay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.retries += w.Tries - 1; w.Took > r.longest.Took && w.Tries > 1 {
		r.longest = w
	}
}

// note counts something that is worth telling.
func (r *record) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.odd[what]++
}

// counts is a copy of how often each thing happened.
type counts struct {
	Requests int                       `json:"requests"`
	Retries  int                       `json:"retries"`
	Answers  map[string]int            `json:"answers"`
	Stories  map[string]map[string]int `json:"stories"`
	Odd      map[string]int            `json:"odd"`
	Longest  delay                     `json:"longestWait"`
	Peace    peace                     `json:"peace"`
}

func (r *record) counts() counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	stories := map[string]map[string]int{}
	for kind, ends := range r.stories {
		stories[kind] = maps.Clone(ends)
	}
	return counts{
		Requests: r.requests, Retries: r.retries, Answers: maps.Clone(r.answers), Stories: stories, Odd: maps.Clone(r.odd), Longest: r.longest,
		Peace: peace{Answers: r.peace.Answers, Unavailable: maps.Clone(r.peace.Unavailable)},
	}
}

// found are the breaches that are remembered, and how many there were.
func (r *record) found() ([]breach, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.breaches), r.broken
}
