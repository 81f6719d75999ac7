package main

import (
	"context"
	"flag"
	"io"

	"github.com/boxoffice/boxoffice/dev/tool"
)

// subject is something that can be measured, with what it can be told on the command line.
type subject interface {
	// flags names that, with the defaults that a short run of everything has. A name begins with that of the subject.
	flags(flags *flag.FlagSet)
	// check says what is wrong with what was told.
	check() error
	// measure plays so many rounds of each side in turns, and prints what it does and finds. Its result is written as JSON; it is nil when there is
	// none. A subject may have a result and fail all the same.
	measure(ctx context.Context, s *system, rounds int, out io.Writer) (any, error)
}

// subjects are all, in the order in which they are measured: what a cascade leaves behind disturbs nobody.
func subjects() tool.Scenarios[subject] {
	return tool.Scenarios[subject]{
		{
			Name: "counts", Play: &countsOptions{},
			About: "what a booking of two seats costs, in figures that do not depend on the machine, above those of bare workflows",
		},
		{
			Name: "booking", Play: &bookingOptions{name: "booking", clients: []int{1, 16, 64}, enter: walletContest},
			About: "hold and pay from the wallet, through HTTP, beside a bare workflow of as many workflow tasks; latencies are those of the hold",
		},
		{
			Name: "at-once", Play: &bookingOptions{name: "at-once", clients: []int{1, 16}, enter: atOnceContest},
			About: "hold and pay from the wallet in one request, beside a bare workflow that ends with its first task, and beside hold and pay in two requests; latencies are those of the whole, and of a hold",
		},
		{
			Name: "card", Play: &bookingOptions{name: "card", clients: []int{1, 16}, enter: cardContest},
			About: "hold and pay by card until the provider's event has confirmed the booking, beside a bare workflow of as many workflow tasks that opens an intent and ends with a signal; latencies are those of the hold",
		},
		{
			Name: "peer", Play: &bookingOptions{name: "peer", clients: []int{1, 16}, enter: peerContest},
			About: "hold and pay from the wallet, beside a bare workflow and beside the same two steps made durable by DBOS, a library without a server; latencies are those of the hold",
		},
		{
			Name: "peer-at-once", Play: &bookingOptions{name: "peer-at-once", clients: []int{1, 16}, enter: peerAtOnceContest},
			About: "hold and pay from the wallet in one request, beside the same two steps in one request made durable by DBOS",
		},
		{Name: "rush", Play: &rushOptions{}, About: "a show of 500 seats goes on sale, beside a handler that does one indexed read"},
		{Name: "seatmap", Play: &seatMapOptions{}, About: "the seat map of a show, beside a handler that answers with a constant of the same size"},
		{
			Name: "browse", Play: &browseOptions{},
			About: "what plays where and when in the seeded catalogue, beside a handler that answers with a constant of the same size",
		},
		{
			Name: "webhooks", Play: &webhookOptions{},
			About: "signed events taken by the API, beside a plain handler that verifies them and writes a row, or reads one when the event is known; for those that confirm, beside a signal that ends a bare workflow",
		},
		{
			Name: "replay", Play: &replayOptions{},
			About: "histories replayed one after another, the recorded ones and new ones of bookings paid from the wallet, beside those of bare workflows with as many workflow tasks",
		},
		{
			Name: "audit", Play: &auditOptions{},
			About: "the whole audit of past bookings, with a provider's list that comes from memory, beside one count over the same tables; a rate is of bookings",
		},
		{Name: "cascade", Play: &cascadeOptions{}, About: "what buyers of other shows notice of a cascade, and how fast it is"},
	}
}
