// Package stack starts and supervises the whole system on one machine for development and end-to-end tests: PostgreSQL, the
// Temporal server, the payment-provider simulator, a mailbox, the API and a worker.
//
// Every part is a process of its own, so that each can be killed alone, and none outlives the process that started
// it. All data is below one folder; a second start finds the first one's.
package stack

import (
	"fmt"
	"slices"
	"strings"
)

// Part names one part of the system.
type Part string

// The parts, in the order in which they start. Migrate and Seed run to their end; the others stay.
const (
	Postgres  Part = "postgres"
	Temporal  Part = "temporal"
	Stripesim Part = "stripesim"
	Mailbox   Part = "mailbox"
	Migrate   Part = "migrate"
	Seed      Part = "seed"
	Worker    Part = "worker"
	API       Part = "api"
)

// AllParts is every part in starting order. The API is last: when it is ready, so is the system.
func AllParts() []Part {
	return []Part{Postgres, Temporal, Stripesim, Mailbox, Migrate, Seed, Worker, API}
}

// ParseParts turns names into parts in starting order; no names mean all parts.
func ParseParts(names []string) ([]Part, error) {
	if len(names) == 0 {
		return AllParts(), nil
	}
	var parts []Part
	for _, name := range names {
		if !slices.Contains(AllParts(), Part(name)) {
			return nil, fmt.Errorf("there is no part %q; the parts are %s", name, joinParts(AllParts()))
		}
	}
	for _, part := range AllParts() {
		if slices.Contains(names, string(part)) {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func joinParts(parts []Part) string {
	names := make([]string, len(parts))
	for i, part := range parts {
		names[i] = string(part)
	}
	return strings.Join(names, ", ")
}

// title is how the part is called in messages.
func (p Part) title() string {
	return map[Part]string{
		Postgres: "PostgreSQL", Temporal: "Temporal", Stripesim: "payment simulator", Mailbox: "mailbox",
		Migrate: "migrations", Seed: "catalogue", Worker: "worker", API: "API",
	}[p]
}

// RunsToItsEnd says that the part is a command rather than a service.
func (p Part) RunsToItsEnd() bool { return p == Migrate || p == Seed }
