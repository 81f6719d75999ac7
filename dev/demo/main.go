// The demo plays four bookings against the running system, over HTTP alone, as customers would: one paid by card, one
// from the wallet, one paid from both and given back seat by seat, and one that is left to expire. It says what it does and what
// comes back, checks that this is what was promised, and fails with one clear line when it is not. Whether the books are right
// afterwards too, `make audit` says.
//
// It reads BOXOFFICE_URL (default http://127.0.0.1 with BOXOFFICE_API_PORT), BOXOFFICE_SIMULATOR_URL (with
// STRIPESIM_PORT) and TEMPORAL_UI_URL (with TEMPORAL_UI_PORT).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/tool"
)

func main() {
	tool.Main("demo", func(ctx context.Context, args []string, out io.Writer) error { return run(ctx, args, out, os.Getenv) })
}

// journeys are all bookings that are played. Each gives the id of its booking.
var journeys = tool.Scenarios[func(*demo, context.Context) (string, error)]{
	{Name: "card", About: "A card, and the provider's webhook", Play: (*demo).payByCard},
	{Name: "wallet", About: "A wallet, confirmed at once", Play: (*demo).payFromWallet},
	{Name: "refund", About: "A coupon, two tenders, and the way back", Play: (*demo).giveBackInParts},
	{Name: "expiry", About: "A hold that is left to expire", Play: (*demo).letExpire},
}

func run(ctx context.Context, args []string, out io.Writer, getenv func(string) string) error {
	chosen, err := journeys.Parse(tool.Flags("demo", out), args)
	if err != nil {
		return err
	}
	where, err := addressesFrom(getenv)
	if err != nil {
		return err
	}
	if err := checkRunning(ctx, where); err != nil {
		return err
	}
	d, err := open(ctx, where, out)
	if err != nil {
		return err
	}
	var links []string
	for i, journey := range chosen {
		d.say.title(i+1, journey.About)
		bookingID, err := journey.Play(d, ctx)
		if err != nil {
			return fmt.Errorf("journey %d (%s): %w", i+1, journey.About, err)
		}
		links = append(links, where.workflow(bookingID))
	}
	many := "All four went"
	if len(chosen) < len(journeys) {
		many = fmt.Sprintf("%d of %d were played, and went", len(chosen), len(journeys))
	}
	d.say.end(many+" as promised. Their workflows:", links)
	d.say.end("Prove the books after them:", []string{"make audit"})
	return nil
}

// demo is two customers in front of the running system.
type demo struct {
	say       *teller
	asha, ben *customer.Customer
}

func open(ctx context.Context, where addresses, out io.Writer) (*demo, error) {
	say := newTeller(out, where)
	browser := customer.New(where.api, where.simulator).WithTransport(say).Persistent()
	d := &demo{say: say}
	err := say.step("Asha and Ben log in", func() error {
		var ashaErr, benErr error
		d.asha, ashaErr = browser.Login(ctx, "asha@example.com", seed.Password)
		d.ben, benErr = browser.Login(ctx, "ben@example.com", seed.Password)
		return errors.Join(ashaErr, benErr)
	})
	return d, err
}
