package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/apifuzz"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// settlePatience is how long what was begun may take until everything has to be in order. A hold may last longer: it is in order while its
	// workflow runs.
	settlePatience = 2 * time.Minute
	// settleEvery is how often that is looked at meanwhile.
	settleEvery = 2 * time.Second
	// soldBefore is for how many shows tickets are sold before the requests begin.
	soldBefore = 6
	// refundRefused is what the API says of a refund that waits for an operator.
	refundRefused = "REFUND_REFUSED"
)

// system is a private copy of the whole system, and what is known of it.
type system struct {
	*private.System

	contract *apifuzz.Contract
	world    *apifuzz.World
}

func openSystem(ctx context.Context, contract *apifuzz.Contract) (s *system, err error) {
	env := stack.Patient()
	env[stack.API] = append(env[stack.API], "API_AUTH_RATE_PER_MINUTE=1000000", "BCRYPT_COST=4")
	env[stack.Worker] = append(env[stack.Worker], "BOXOFFICE_AUDIT_SCHEDULE=off")
	opened, err := private.Open(ctx, "fuzz", stack.Options{Env: env})
	if err != nil {
		return nil, err
	}
	s = &system{System: opened, contract: contract}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// prepare tells the world about users and shows, and sells some tickets, so that there is something to give back.
func (s *system) prepare(ctx context.Context) (err error) {
	users := map[apifuzz.Role]string{}
	for _, account := range seed.Accounts {
		if role := apifuzz.Role(account.Role); users[role] == "" {
			users[role] = account.ID()
		}
	}
	if s.world, err = apifuzz.NewWorld(s.Secrets().JWTSecret, s.Secrets().StripeWebhookSecret, users); err != nil {
		return err
	}
	s.world.Know("currency", "INR", "GBP")
	s.world.Know("couponCode", "WELCOME10")
	s.world.Know("password", seed.Password)
	for _, account := range seed.Accounts {
		s.world.Know("email", account.Email)
	}
	asha, err := s.Visitor.Login(ctx, "asha@example.com", seed.Password)
	if err != nil {
		return err
	}
	shows, err := s.programme(ctx, asha)
	if err != nil {
		return err
	}
	for i, show := range shows[:min(soldBefore, len(shows))] {
		if err := s.buy(ctx, asha, fmt.Sprintf("bought-before-%d", i), show); err != nil {
			return err
		}
	}
	return nil
}

// buy buys two seats of a show, from the wallet while it lasts and by card afterwards: what seats cost depends on the day.
func (s *system) buy(ctx context.Context, who *customer.Customer, key, show string) error {
	seats, err := who.FreeSeats(ctx, show, 2)
	if err != nil {
		return err
	}
	held, err := who.Book(ctx, key, show, seats...)
	if err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	s.world.Know("bookingId", held.BookingId)
	wallet, err := who.Wallet(ctx)
	if err != nil {
		return err
	}
	method := booking.MethodCard
	if slices.ContainsFunc(wallet.Balances, func(b openapi.Balance) bool {
		return b.Currency == held.Pricing.Currency && b.Available >= held.Pricing.Total
	}) {
		method = booking.MethodWallet
	}
	payment, err := who.Pay(ctx, key, held.BookingId, method)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	if method == booking.MethodCard {
		if _, err := who.EnterCard(ctx, payment, "pm_card_visa"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	_, err = who.Await(ctx, held.BookingId, booking.StatusConfirmed)
	return err
}

// programme are the shows of London in the next days.
func (s *system) programme(ctx context.Context, visitor *customer.Customer) (ids []string, err error) {
	const city = "london"
	s.world.Know("cityId", city)
	movies, err := visitor.Movies(ctx, city)
	if err != nil {
		return nil, err
	}
	for _, movie := range movies {
		s.world.Know("movieId", movie.MovieId)
		for days := 1; days <= 2; days++ {
			shows, err := visitor.Shows(ctx, city, movie.MovieId, time.Now().AddDate(0, 0, days).Format(time.DateOnly))
			if err != nil {
				return nil, err
			}
			ids = append(ids, s.remember(shows)...)
		}
	}
	if len(ids) == 0 {
		return nil, errors.New("nothing plays")
	}
	s.world.Know("seat", "A1", "A2", "A3", "B1", "B2", "C4", "C5", "D6", "E5", "E6")
	return ids, nil
}

func (s *system) remember(shows openapi.ShowList) (ids []string) {
	for _, theatre := range shows.Theatres {
		s.world.Know("theatreId", theatre.TheatreId)
		for _, show := range theatre.Shows {
			s.world.Know("showId", show.ShowId)
			s.world.Know("language", show.Language)
			ids = append(ids, show.ShowId)
		}
	}
	return ids
}

// survived says what the requests have broken: the API has to answer, the books have to be right, no workflow may have failed, and nothing may have
// panicked.
func (s *system) survived(ctx context.Context, out io.Writer) error {
	if _, err := s.Visitor.Login(ctx, "asha@example.com", seed.Password); err != nil {
		return fmt.Errorf("the API has not survived: %w", err)
	}
	var broken []error
	for _, inOrder := range []func(context.Context) error{s.booksAreRight, s.nothingIsStuck} {
		if err := eventually(ctx, inOrder); err != nil {
			broken = append(broken, err)
		}
	}
	if err := s.noneFailed(ctx); err != nil {
		broken = append(broken, err)
	}
	for _, part := range []stack.Part{stack.API, stack.Worker} {
		if err := stack.NoPanic(s.LogFile(part)); err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", part, err))
		}
	}
	if len(broken) == 0 {
		fmt.Fprintln(out, "the API answers, the books are right, no booking or refund is stuck, no workflow has failed, nothing has panicked")
	}
	return errors.Join(broken...)
}

// noneFailed wants all workflows that have ended to have an outcome.
func (s *system) noneFailed(ctx context.Context) error {
	found, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `ExecutionStatus = "Failed"`})
	if err != nil {
		return fmt.Errorf("list workflows: %w", err)
	}
	var failed []error
	for _, execution := range found.GetExecutions() {
		id := execution.GetExecution().GetWorkflowId()
		err := s.Temporal.GetWorkflow(ctx, id, execution.GetExecution().GetRunId()).Get(ctx, nil)
		failed = append(failed, fmt.Errorf("%s has failed: %w", id, err))
	}
	return errors.Join(failed...)
}

// eventually asks until everything is in order: what is under way may need a moment.
func eventually(ctx context.Context, inOrder func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	var told error // by the latest answer that was not cut off
	if wait.Until(ctx, settleEvery, func() (bool, error) {
		err := inOrder(ctx)
		if err != nil && (told == nil || ctx.Err() == nil) {
			told = err
		}
		return err == nil, nil
	}) != nil {
		return told
	}
	return nil
}

// booksAreRight runs an audit without grace: the usual grace is longer than this system has lived.
func (s *system) booksAreRight(ctx context.Context) error {
	said, err := s.Boxoffice(ctx, "audit", "--grace=0s", "--recheck=5s")
	if err != nil {
		return fmt.Errorf("the books are not right: %w\n%s", err, said)
	}
	return nil
}

// nothingIsStuck checks that every booking and every refund makes progress or has ended. Refused refunds wait for an operator, whom this system does
// not have; cascades may have been paused.
func (s *system) nothingIsStuck(ctx context.Context) error {
	said, err := s.Boxoffice(ctx, "ops", "stuck", "--json")
	if err != nil {
		return err
	}
	var list openapi.StuckList
	if err := json.Unmarshal([]byte(said), &list); err != nil {
		return fmt.Errorf("read what is stuck: %w", err)
	}
	if slices.ContainsFunc(list.Items, isStuck) {
		return fmt.Errorf("something is stuck: %s", said)
	}
	return nil
}

// isStuck says that a booking or a refund makes no progress, though it is not an operator's turn.
func isStuck(item openapi.StuckItem) bool {
	return (item.BookingId != nil || item.RefundId != nil) && !slices.Contains(item.Reasons, refundRefused)
}

// logged are the lines of the API's log about a request.
func (s *system) logged(correlationID string) (lines []string) {
	log, err := os.ReadFile(s.LogFile(stack.API))
	if err != nil || correlationID == "" {
		return nil
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, correlationID) {
			lines = append(lines, line)
		}
	}
	return lines
}
