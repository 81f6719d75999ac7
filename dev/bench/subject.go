package main

import (
	"context"
	"flag"
	"io"
)

// subject is something that can be measured.
type subject struct {
	name, about string
	options
	// measure plays so many rounds of each side in turns, and prints what it does and finds; what it returns is written as JSON. It may find
	// something and fail nevertheless; nil is returned when nothing can be said.
	measure func(ctx context.Context, s *system, rounds int, out io.Writer) (any, error)
}

// options are what a subject can be told on the command line.
type options interface {
	// flags names them, with the defaults that a short run of everything has. A name begins with that of its subject.
	flags(*flag.FlagSet)
	// check says what is wrong with what was told.
	check() error
}

// subjects are all, in the order in which they are measured: what a cascade leaves behind disturbs nobody.
func subjects() []subject {
	return []subject{
		countsSubject(),
		bookingSubject(),
		rushSubject(),
		seatMapSubject(),
		browseSubject(),
		webhooksSubject(),
		replaySubject(),
		auditSubject(),
		cascadeSubject(),
	}
}
