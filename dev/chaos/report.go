package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// report is what is written as JSON, and printed.
type report struct {
	Plan   plan   `json:"plan"`
	Digest string `json:"digest"`
	// Blows are the kills as they happened.
	Blows    []blow         `json:"blows"`
	Requests map[string]int `json:"bentRequests"`
	Webhooks map[string]int `json:"bentWebhooks"`
	Counts   counts         `json:"counts"`
	Recovery recovery       `json:"recovery"`
	Books    books          `json:"books"`
	// Settled is how long it took until nothing was open.
	Settled stripesim.Duration `json:"settled"`
	// Broken is how many things must not be; Breaches are the first of them.
	Broken   int      `json:"broken"`
	Breaches []breach `json:"breaches"`
	// Folder has the logs, if it was kept.
	Folder string `json:"folder,omitempty"`
}

// books are what the run has left, in numbers. Amounts are in minor units.
type books struct {
	Bookings  map[string]int `json:"bookings"`
	Seats     int            `json:"seats"`
	Charged   int64          `json:"charged"`
	GivenBack int64          `json:"givenBack"`
	Kept      int64          `json:"kept"`
	TopUps    int            `json:"topUps"`
	Cancelled int            `json:"showsCancelled"`
	Checks    int            `json:"auditChecks"`
}

// report sums the run up, without the verdict.
func (c *chaos) report(e evidence, settled time.Duration) report {
	return report{
		Plan: c.plan, Digest: c.plan.digest(), Blows: c.thrown.blows, Requests: c.thrown.requests, Webhooks: c.thrown.webhooks,
		Counts: c.record.counts(), Recovery: c.outages.recovery(), Books: count(e), Settled: stripesim.Duration(settled.Round(time.Millisecond)),
	}
}

func count(e evidence) books {
	b := books{Bookings: map[string]int{}, Seats: len(e.Sold), Cancelled: len(e.Cancelled), Checks: len(e.Audit.Checks)}
	for _, one := range e.Bookings {
		b.Bookings[string(one.Status)]++
		b.Kept += priceKept(one)
	}
	for _, c := range e.Charges {
		b.Charged += c.Received
	}
	for _, p := range e.Paybacks {
		if p.goesBack() {
			b.GivenBack += p.Amount
		}
	}
	for _, w := range e.Wallets {
		b.TopUps += len(w.TopUps)
	}
	return b
}

// print writes the report as people like to read it.
func (r report) print(out io.Writer) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	line("\nThrown")
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal, stack.Postgres} {
		killed, stopped, away, longest := r.blowsTo(part)
		line("  %-10s killed %d times, stopped %d times; away for %s in all, %s at the longest", part, killed, stopped, seconds(away), seconds(longest))
	}
	line("  requests to the provider that went wrong: %s", list(r.Requests))
	line("  events of the provider that went wrong:   %s", list(r.Webhooks))
	line("\nWhat happened")
	for _, kind := range slices.Sorted(maps.Keys(r.Counts.Stories)) {
		line("  %-14s %s", kind, list(r.Counts.Stories[kind]))
	}
	line("  %d answers: %s", r.Counts.Requests, list(r.Counts.Answers))
	line("  %d requests were repeated until there was an answer", r.Counts.Retries)
	if longest := r.Counts.Longest; longest.Tries > 0 {
		line("  the longest wait for an answer, with all its tries: %s (%s, %d tries; away meanwhile: %s)", seconds(longest.Took), longest.Operation, longest.Tries, names(longest.Away))
	}
	line("  from a part's return to the first write that was answered well: %s at the longest (%s); %d times the next part went before",
		seconds(time.Duration(r.Recovery.Longest)), cmp.Or(string(r.Recovery.Part), "nothing was written"), r.Recovery.Cut)
	line("  %d answers while everything had been there for %s, %d of them 503", r.Counts.Peace.Answers, quietAfter, total(r.Counts.Peace.Unavailable))
	if len(r.Counts.Odd) > 0 {
		line("  also: %s", list(r.Counts.Odd))
	}
	line("\nWhat is left, %s after the last story", seconds(time.Duration(r.Settled)))
	line("  bookings: %s; %d seats sold, %d shows cancelled", list(r.Books.Bookings), r.Books.Seats, r.Books.Cancelled)
	line("  the provider collected %s, %d top-ups among it, and gave %s back; tickets for %s", money(r.Books.Charged), r.Books.TopUps, money(r.Books.GivenBack), money(r.Books.Kept))
	if r.Broken == 0 {
		line("\nSurvived: %d audit checks are clean, the provider's books and the customers' memories agree with ours.", r.Books.Checks)
		return
	}
	line("\nBROKEN: %d things must not be:", r.Broken)
	for _, b := range r.Breaches {
		line("  %s  %s", b.At.Format("15:04:05.000"), b)
	}
	again := fmt.Sprintf("-seed %d -duration %s -customers %d", r.Plan.Seed, time.Duration(r.Plan.Duration), r.Plan.Customers)
	if len(r.Plan.Only) > 0 {
		again += " -only " + strings.Join(r.Plan.Only, ",")
	}
	line("\nThe same plan again: make chaos ARGS=%q", again)
}

// blowsTo sums up what a part has suffered.
func (r report) blowsTo(part stack.Part) (killed, stopped int, away, longest time.Duration) {
	for _, b := range r.Blows {
		if b.Part != part {
			continue
		}
		if b.Gently {
			stopped++
		} else {
			killed++
		}
		away += time.Duration(b.Down)
		longest = max(longest, time.Duration(b.Down))
	}
	return killed, stopped, away, longest
}

// total adds counts up.
func total(counts map[string]int) (n int) {
	for _, times := range counts {
		n += times
	}
	return n
}

// list writes counts, the largest first.
func list(counts map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	var parts []string
	for _, key := range keys {
		if counts[key] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[key], key))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}

func names(parts []stack.Part) string {
	var all []string
	for _, part := range parts {
		all = append(all, string(part))
	}
	return cmp.Or(strings.Join(all, ", "), "nothing")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func money(amount int64) string { return booking.Money{Amount: amount, Currency: currency}.String() }
