package pricing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

var threeTiers = []pricing.Tier{{HoursBefore: 2, Percent: 50}, {HoursBefore: 48, Percent: 100}, {HoursBefore: 24, Percent: 75}}

func TestTheTierWithTheMostHoursStillLeftApplies(t *testing.T) {
	t.Parallel()
	policy := pricing.Policy{Tiers: threeTiers}
	for left, percent := range map[time.Duration]int{
		1000 * time.Hour: 100, 48 * time.Hour: 100, 48*time.Hour - time.Second: 75, 24 * time.Hour: 75, 23 * time.Hour: 50, 2 * time.Hour: 50,
	} {
		tier, ok := policy.Tier(left)
		require.True(t, ok)
		require.Equal(t, percent, tier.Percent, "%s before the show", left)
	}
	_, ok := policy.Tier(2*time.Hour - time.Second)
	require.False(t, ok)
	_, ok = pricing.Policy{}.Tier(time.Hour)
	require.False(t, ok)
}

func sale() pricing.Sale {
	return pricing.Sale{
		BookingID: "bk_1", Status: booking.StatusConfirmed,
		Quote: booking.Quote{
			Currency: "INR", Subtotal: 36000, Fees: 2000, Tax: 6840, Total: 44840,
			Seats: []booking.PricedSeat{{Seat: "A1", Price: 18000}, {Seat: "A2", Price: 18000}},
		},
		Wallet: 10000, Card: 34840, Policy: &pricing.Policy{ID: 7, Fee: 420, Tiers: threeTiers}, Left: 30 * time.Hour,
	}
}

func TestARefundIsAPercentageOfWhatTheSeatsCostLessTheFee(t *testing.T) {
	t.Parallel()

	refund, err := pricing.RefundFor(sale(), []string{"A2"}, booking.CauseCustomer)

	require.NoError(t, err)
	require.Equal(t, pricing.Refund{
		Seats: []string{"A2"}, Cause: booking.CauseCustomer, PolicyID: 7, Percent: 75, Paid: 22420, Fee: 420, Amount: 16395,
		Parts: pricing.Parts{Tickets: 13162, Fees: 732, Tax: 2501}, Wallet: 3657, Card: 12738,
	}, refund)
}

func TestACancellationByTheCinemaRefundsEverything(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*pricing.Sale) booking.CancellationCause{
		"an operator":               func(*pricing.Sale) booking.CancellationCause { return booking.CauseOperator },
		"a cancelled show":          func(*pricing.Sale) booking.CancellationCause { return booking.CauseShowCancelled },
		"a customer who was faster": func(s *pricing.Sale) booking.CancellationCause { s.ShowCancelled = true; return booking.CauseCustomer },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sold := sale()
			sold.Left, sold.Policy, sold.CheckedIn = -time.Hour, nil, true
			cause := change(&sold)

			refund, err := pricing.RefundFor(sold, nil, cause)

			require.NoError(t, err)
			require.Equal(t, [2]int64{10000, 34840}, [2]int64{refund.Wallet, refund.Card})
			require.NotEqual(t, booking.CauseCustomer, refund.Cause)
		})
	}
}

func TestWhatCannotBeCancelledIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*pricing.Sale)
		seats  []string
		code   booking.Code
	}{
		"unpaid":           {func(s *pricing.Sale) { s.Status = booking.StatusPaymentPending }, nil, booking.CodeInvalidState},
		"cancelled":        {func(s *pricing.Sale) { s.Status = booking.StatusCancelled }, nil, booking.CodeInvalidState},
		"over":             {func(s *pricing.Sale) { s.Status = booking.StatusCompleted }, nil, booking.CodeInvalidState},
		"expired":          {func(s *pricing.Sale) { s.Status = booking.StatusExpired }, nil, booking.CodeBookingExpired},
		"started":          {func(s *pricing.Sale) { s.Left = 0 }, nil, booking.CodeConflict},
		"too late":         {func(s *pricing.Sale) { s.Left = time.Hour }, nil, booking.CodeConflict},
		"no policy":        {func(s *pricing.Sale) { s.Policy = nil }, nil, booking.CodeConflict},
		"an empty policy":  {func(s *pricing.Sale) { s.Policy = &pricing.Policy{} }, nil, booking.CodeConflict},
		"checked in":       {func(s *pricing.Sale) { s.CheckedIn = true }, nil, booking.CodeInvalidState},
		"another's seat":   {func(*pricing.Sale) {}, []string{"A1", "Z9"}, booking.CodeValidation},
		"a cancelled seat": {func(s *pricing.Sale) { s.Cancelled = []string{"A1"} }, []string{"A1", "A2"}, booking.CodeInvalidState},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sold := sale()
			test.change(&sold)

			_, err := pricing.RefundFor(sold, test.seats, booking.CauseCustomer)

			refusal, ok := errors.AsType[*booking.Refusal](err)
			require.True(t, ok)
			require.Equal(t, test.code, refusal.Code)
		})
	}
}

func TestALateCustomerIsToldUntilWhenItWasPossible(t *testing.T) {
	t.Parallel()
	for _, tiers := range [][]pricing.Tier{threeTiers, {threeTiers[1], threeTiers[0], threeTiers[2]}, {threeTiers[2], threeTiers[1], threeTiers[0]}} {
		sold := sale()
		sold.Policy.Tiers = tiers
		sold.Left = 2*time.Hour - time.Second

		_, err := pricing.RefundFor(sold, nil, booking.CauseCustomer)

		refusal, ok := errors.AsType[*booking.Refusal](err)
		require.True(t, ok)
		require.Equal(t, 2, refusal.Details["hoursBeforeShow"])
		cutOff, ok := sold.Policy.CutOff()
		require.True(t, ok)
		require.Equal(t, 2*time.Hour, cutOff)
	}
	_, ok := pricing.Policy{}.CutOff()
	require.False(t, ok)

	never := sale()
	never.Policy = &pricing.Policy{}
	_, err := pricing.RefundFor(never, nil, booking.CauseCustomer)
	refusal, ok := errors.AsType[*booking.Refusal](err)
	require.True(t, ok)
	require.NotContains(t, refusal.Details, "hoursBeforeShow", "it was never possible")
}

// A policy may give everything back until the show begins, and not a moment longer.
func TestNothingGoesBackOnceTheShowHasStarted(t *testing.T) {
	t.Parallel()
	sold := sale()
	sold.Policy = &pricing.Policy{Tiers: []pricing.Tier{{HoursBefore: 0, Percent: 100}}}

	sold.Left = time.Second
	refund, err := pricing.RefundFor(sold, nil, booking.CauseCustomer)
	require.NoError(t, err)
	require.Equal(t, int64(44840), refund.Amount)

	sold.Left = 0
	_, err = pricing.RefundFor(sold, nil, booking.CauseCustomer)
	refusal, ok := errors.AsType[*booking.Refusal](err)
	require.True(t, ok)
	require.Equal(t, booking.CodeConflict, refusal.Code)
}

// after is the sale after a cancellation has been written.
func after(sold pricing.Sale, refund pricing.Refund) pricing.Sale {
	sold.Cancelled = append(slices.Clone(sold.Cancelled), refund.Seats...)
	sold.Refunded += refund.Amount
	sold.CardRefunded += refund.Card
	if refund.Cause == booking.CauseCustomer {
		sold.Carried = (sold.Carried + refund.Paid%100*int64(refund.Percent)) % 100
		sold.FeeTaken += refund.Fee
	}
	return sold
}

// Seat by seat, in groups or all at once, and in any order: the customer gets the same back in total
// and for each tender, and pays the fee once.
func TestAnyOrderAndSplitOfCancellationsGivesTheSameBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sold := pricing.Sale{Status: booking.StatusConfirmed, Quote: drawQuote(t), Left: time.Hour}
		sold.Wallet = rapid.Int64Range(0, sold.Quote.Total).Draw(t, "wallet")
		sold.Card = sold.Quote.Total - sold.Wallet
		sold.Policy = &pricing.Policy{
			Fee:   rapid.Int64Range(0, 100_000).Draw(t, "fee"),
			Tiers: []pricing.Tier{{Percent: rapid.IntRange(0, 100).Draw(t, "percent")}},
		}
		whole, err := pricing.RefundFor(sold, nil, booking.CauseCustomer)
		require.NoError(t, err)

		var seats []string
		for _, seat := range sold.Quote.Seats {
			seats = append(seats, seat.Seat)
		}
		seats = rapid.Permutation(seats).Draw(t, "order")
		var amount, card, fee int64
		for len(seats) > 0 {
			n := rapid.IntRange(1, len(seats)).Draw(t, "how many")
			step, err := pricing.RefundFor(sold, seats[:n], booking.CauseCustomer)
			require.NoError(t, err)
			amount, card, fee = amount+step.Amount, card+step.Card, fee+step.Fee
			sold, seats = after(sold, step), seats[n:]
		}

		require.Equal(t, [3]int64{whole.Amount, whole.Card, whole.Fee}, [3]int64{amount, card, fee})
	})
}

// 1.50 a seat at 75 percent is 1.125: three seats give back 3.37 together, and not three times 1.12.
func TestWhatRoundingKeepsGoesToTheNextCancellation(t *testing.T) {
	t.Parallel()
	sold := pricing.Sale{
		Status: booking.StatusConfirmed, Left: time.Hour, Card: 450,
		Quote:  booking.Quote{Subtotal: 450, Total: 450, Seats: []booking.PricedSeat{{Seat: "A1", Price: 150}, {Seat: "A2", Price: 150}, {Seat: "A3", Price: 150}}},
		Policy: &pricing.Policy{Fee: 200, Tiers: []pricing.Tier{{Percent: 75}}},
	}
	var amounts, fees []int64
	for _, seat := range []string{"A3", "A1", "A2"} {
		refund, err := pricing.RefundFor(sold, []string{seat}, booking.CauseCustomer)
		require.NoError(t, err)
		amounts, fees = append(amounts, refund.Amount), append(fees, refund.Fee)
		sold = after(sold, refund)
	}
	require.Equal(t, []int64{0, 25, 112}, amounts, "337 less the fee")
	require.Equal(t, []int64{112, 88, 0}, fees, "the fee is taken once, from the next when the first is too small")
}

func TestAFeeThatWasTakenMoreThanOnceBeforeIsNotGivenBack(t *testing.T) {
	t.Parallel()
	sold := sale()
	sold.FeeTaken = 2 * sold.Policy.Fee
	refund, err := pricing.RefundFor(sold, nil, booking.CauseCustomer)
	require.NoError(t, err)
	require.Zero(t, refund.Fee)
}

// However a booking is cancelled seat by seat, nobody gets back more than was paid: in total, by tender, and of tickets, fees and tax.
func TestNoSequenceOfCancellationsGivesBackMoreThanWasPaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sold := pricing.Sale{Status: booking.StatusConfirmed, Quote: drawQuote(t)}
		sold.Wallet = rapid.Int64Range(0, sold.Quote.Total).Draw(t, "wallet")
		sold.Card = sold.Quote.Total - sold.Wallet
		inFull := rapid.Bool().Draw(t, "in full")
		var wallet, card, paid int64
		var parts pricing.Parts
		for len(sold.Cancelled) < len(sold.Quote.Seats) {
			sold.Left = time.Hour
			sold.Policy = &pricing.Policy{
				Fee:   rapid.Int64Range(0, 1000).Draw(t, "fee"),
				Tiers: []pricing.Tier{{Percent: rapid.IntRange(0, 100).Draw(t, "percent")}},
			}
			cause := booking.CauseCustomer
			if inFull {
				cause = booking.CauseOperator
			}
			var seats []string
			for _, seat := range sold.Quote.Seats[len(sold.Cancelled):] {
				seats = append(seats, seat.Seat)
			}
			seats = seats[:rapid.IntRange(0, len(seats)).Draw(t, "how many")]

			refund, err := pricing.RefundFor(sold, seats, cause)

			require.NoError(t, err)
			require.GreaterOrEqual(t, min(refund.Amount, refund.Wallet, refund.Card, refund.Parts.Tickets, refund.Parts.Fees, refund.Parts.Tax), int64(0))
			require.LessOrEqual(t, refund.Amount, refund.Paid)
			require.Equal(t, refund.Amount, refund.Wallet+refund.Card)
			require.Equal(t, refund.Amount, refund.Parts.Total())
			sold = after(sold, refund)
			wallet, card, paid = wallet+refund.Wallet, card+refund.Card, paid+refund.Paid
			parts = pricing.Parts{Tickets: parts.Tickets + refund.Parts.Tickets, Fees: parts.Fees + refund.Parts.Fees, Tax: parts.Tax + refund.Parts.Tax}
			require.LessOrEqual(t, wallet, sold.Wallet)
			require.LessOrEqual(t, card, sold.Card)
			require.LessOrEqual(t, parts.Tickets, sold.Quote.Subtotal-sold.Quote.Discount)
			require.LessOrEqual(t, parts.Fees, sold.Quote.Fees)
			require.LessOrEqual(t, parts.Tax, sold.Quote.Tax)
		}
		require.Equal(t, sold.Quote.Total, paid, "every seat's share has been asked about once")
		if inFull {
			require.Equal(t, [2]int64{sold.Wallet, sold.Card}, [2]int64{wallet, card})
		}
	})
}

func TestARefundGivenOutsideIsAllOfTheCard(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		given, cardRefunded, amount int64
	}{
		"less than the seat cost":   {5000, 0, 5000},
		"more than the seat cost":   {44840, 0, 22420},
		"more than the card has":    {22420, 30000, 4840},
		"when the card has no more": {22420, 34840, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sold := sale()
			sold.CardRefunded, sold.Refunded, sold.CheckedIn, sold.Left = test.cardRefunded, test.cardRefunded, true, -time.Hour
			refund, err := pricing.RefundGiven(sold, []string{"A1"}, test.given)
			require.NoError(t, err)
			require.Equal(t, test.amount, refund.Amount)
			require.Equal(t, [3]int64{0, test.amount, 22420 - test.amount}, [3]int64{refund.Wallet, refund.Card, refund.Fee})
			require.Equal(t, test.amount, refund.Parts.Total())
			_, err = pricing.RefundGiven(sold, []string{"Z9"}, test.given)
			require.Error(t, err)
		})
	}
}

// A seat was paid back by a refund made outside, which went to the card alone: the rest is bounded by what is left of each tender.
func TestNoTenderGetsBackMoreThanItPaidAfterARefundOutside(t *testing.T) {
	t.Parallel()
	sold := sale()
	sold.Wallet, sold.Card = 22420, 22420
	given, err := pricing.RefundGiven(sold, []string{"A1"}, 22420)
	require.NoError(t, err)
	rest, err := pricing.RefundFor(after(sold, given), nil, booking.CauseOperator)
	require.NoError(t, err)
	require.Equal(t, [2]int64{22420, 0}, [2]int64{rest.Wallet, rest.Card})
}

// However a booking is cancelled seat by seat, nobody gets back more than was paid: in total, by tender, and of tickets, fees and tax.
