package activities_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// refundOutside gives money of a charge back as somebody does in the provider's dashboard.
func (f *fixture) refundOutside(intentID string, amount int64) (id string) {
	return f.bank.refundByHand(intentID, booking.Money{Amount: amount, Currency: "INR"})
}

// noteOutside does what an event about a refund made outside leads to.
func (f *fixture) noteOutside(intentID string) booking.OutsideRefundsNoted {
	f.t.Helper()
	noted, err := f.steps.NoteOutsideRefunds(f.t.Context(), booking.OutsideRefundsRequest{IntentID: intentID, CorrelationID: "test"})
	require.NoError(f.t, err)
	return noted
}

func outsideCommand(id, commandID string, seats ...string) booking.OutsideRefundCommand {
	return booking.OutsideRefundCommand{
		OutsideRefundID: id, Seats: seats, CommandID: commandID, Actor: "us_admin", Reason: "the customer called", CorrelationID: "test",
	}
}

func (f *fixture) assign(id, commandID string, seats ...string) booking.OutsideRefund {
	f.t.Helper()
	done, err := f.steps.AssignOutsideRefund(f.t.Context(), outsideCommand(id, commandID, seats...))
	require.NoError(f.t, err)
	return done
}

func (f *fixture) writeOff(id, commandID string) booking.OutsideRefund {
	f.t.Helper()
	done, err := f.steps.WriteOffOutsideRefund(f.t.Context(), outsideCommand(id, commandID))
	require.NoError(f.t, err)
	return done
}

// requireGivenBack checks how much a customer has got back of a charge: from us by card, into the
// wallet, and outside. It is never more than was paid, and the books agree.
func (f *fixture) requireGivenBack(byCard, byWallet, outside int) {
	f.t.Helper()
	sum := func(where string) int {
		return f.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'SUCCEEDED' AND ` + where)
	}
	require.Equal(f.t, [3]int{byCard, byWallet, outside}, [3]int{
		sum(`tender = 'CARD' AND outside_refund_id IS NULL`), sum(`tender = 'WALLET'`),
		f.count(`SELECT COALESCE(sum(amount), 0) FROM outside_refunds WHERE status = 'STANDING'`),
	}, "by card, by wallet, outside")
	require.LessOrEqual(f.t, byCard+byWallet+outside, f.count(`SELECT COALESCE(sum(card_amount + wallet_amount), 0) FROM payments`))
	f.requireBooks()
	require.Equal(f.t, -f.count(`SELECT COALESCE(sum(written_off), 0) FROM outside_refunds`), f.account("refund-losses:INR"))
	require.Equal(f.t, f.count(`SELECT COALESCE(sum(assigned), 0) FROM outside_refunds`), sum(`outside_refund_id IS NOT NULL`))
}

func TestARefundMadeOutsideIsBookedOnceAndFlagged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.cancelSeats("bk_1", "A1")
	require.Equal(t, booking.RefundSucceeded, f.send(f.text(`SELECT id FROM refunds`)).Status)
	id := f.refundOutside("pi_1", 10000)

	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { f.noteOutside("pi_1") })
	}
	all.Wait()

	require.Equal(t, 1, f.noteOutside("pi_1").Refunds, "ours is no refund made outside")
	require.Equal(t, 1, f.count(`SELECT count(*) FROM outside_refunds WHERE booking_id = 'bk_1' AND payment_id = 'pay_bk_1' AND assigned + written_off = 0`))
	require.Equal(t, "RECORDED", f.text(`SELECT string_agg(event, ' ') FROM outside_refund_events`))
	require.Equal(t, "bk_1", f.text(`SELECT booking_id FROM ledger_transactions WHERE reference = $1`, id))
	require.Equal(t, 1, f.count(`SELECT count(*) FROM flags WHERE kind = 'OUTSIDE_REFUND' AND subject = $1`, id))
	require.Equal(t, 1, f.flags(booking.FlagOutsideRefund))
	f.requireGivenBack(22420, 0, 10000)
}

func TestRefundsOfMoneyThatOurBooksDoNotKnowAreNotBooked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.refundOutside("pi_theirs", 10000)
	f.noteOutside("pi_theirs")
	f.soldByCard("bk_1", "us_ben", "A1")
	f.bank.turnRefund(f.refundOutside("pi_1", 100), provider.RefundFailed)
	f.noteOutside("pi_1")
	require.Equal(t, 0, f.count(`SELECT count(*) FROM outside_refunds`), "and none that had failed before anybody knew of it")
}

func TestNothingIsGivenBackOfAChargeThatTheProviderDoesNotKnow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	req := booking.OutsideRefundsRequest{IntentID: "pi_1", CorrelationID: "test"}
	f.bank.failNext = &provider.Error{Kind: provider.KindNotFound}
	noted, err := f.steps.NoteOutsideRefunds(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, booking.OutsideRefundsNoted{IntentID: "pi_1"}, noted)

	f.bank.failNext = &provider.Error{Kind: provider.KindUnavailable}
	_, err = f.steps.NoteOutsideRefunds(t.Context(), req)
	var unavailable *provider.Error
	require.ErrorAs(t, err, &unavailable, "worth another try")
}

// The seats cost 44,840. We do not give back what was already given back outside, to any tender, at once or seat by seat.
func TestACancellationGivesBackWhatIsLeftOfTheCharge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outside []int64
		to      booking.RefundTo
		// after each cancellation: sent to the card, paid into the wallet
		steps  [][]string
		card   []int
		wallet []int
	}{
		"a part, all to the card":          {[]int64{10000}, booking.RefundToOriginal, [][]string{nil}, []int{34840}, []int{0}},
		"a part, all to the wallet":        {[]int64{10000}, booking.RefundToWallet, [][]string{nil}, []int{0}, []int{34840}},
		"a seat, the same to the card":     {[]int64{22420}, booking.RefundToOriginal, [][]string{{"A1"}, nil}, []int{0, 22420}, []int{0, 0}},
		"a seat, the same to the wallet":   {[]int64{22420}, booking.RefundToWallet, [][]string{{"A1"}, {"A2"}}, []int{0, 0}, []int{0, 22420}},
		"more than a seat":                 {[]int64{30000}, booking.RefundToOriginal, [][]string{{"A2"}, {"A1"}}, []int{0, 14840}, []int{0, 0}},
		"several":                          {[]int64{5000, 20000}, booking.RefundToWallet, [][]string{{"A2"}, {"A1"}}, []int{0, 0}, []int{0, 19840}},
		"all of it":                        {[]int64{44840}, booking.RefundToWallet, [][]string{{"A1"}, {"A2"}}, []int{0, 0}, []int{0, 0}},
		"all of it, bit by bit, in one go": {[]int64{40000, 4840}, booking.RefundToOriginal, [][]string{nil}, []int{0}, []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			outside := int64(0)
			for _, amount := range test.outside {
				f.refundOutside("pi_1", amount)
				outside += amount
			}
			f.noteOutside("pi_1")
			for n, seats := range test.steps {
				req := cancelRequest("bk_1", seats...)
				req.RefundTo = test.to
				for range 2 {
					done, err := f.steps.CancelSeats(t.Context(), req)
					require.NoError(t, err)
					for _, refund := range done.Refunds {
						f.send(refund.RefundID)
					}
				}
				f.requireGivenBack(test.card[n], test.wallet[n], int(outside))
			}
			require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
			require.Equal(t, 0, f.account("outside-refunds:INR"), "all of it has paid something")
			require.Equal(t, 0, f.account("refunds-payable:INR"))
		})
	}
}

// A hybrid payment: what was given back outside counts for the card's part only.
func TestWhatWasGivenBackOutsideCountsForTheCardsPart(t *testing.T) {
	t.Parallel()
	for _, to := range []booking.RefundTo{booking.RefundToOriginal, booking.RefundToWallet} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.showIn("50 hours")
			f.soldHybrid("bk_1", 20000, "A1", "A2")
			f.refundOutside("pi_1", 24840)
			f.noteOutside("pi_1")
			for _, seats := range [][]string{{"A1"}, {"A2"}} {
				req := cancelRequest("bk_1", seats...)
				req.RefundTo = to
				_, err := f.steps.CancelSeats(t.Context(), req)
				require.NoError(t, err)
			}
			f.requireGivenBack(0, 20000, 24840)
			require.Equal(t, 100000, f.wallet("us_asha"))
			require.Equal(t, 0, f.account("outside-refunds:INR"))
		})
	}
}

// The event comes while the booking is being cancelled: one of the two locks the booking first. What
// has not been sent yet is reduced, and what has already been paid into the wallet is flagged.
func TestAnEventThatArrivesWhileSeatsAreCancelled(t *testing.T) {
	t.Parallel()
	for range 4 {
		f := newFixture(t)
		f.showIn("50 hours")
		f.soldByCard("bk_1", "us_ben", "A1", "A2")
		f.refundOutside("pi_1", 10000)
		var both sync.WaitGroup
		both.Go(func() { _, _ = f.steps.CancelSeats(t.Context(), cancelRequest("bk_1")) })
		both.Go(func() {
			_, _ = f.steps.NoteOutsideRefunds(t.Context(), booking.OutsideRefundsRequest{IntentID: "pi_1", CorrelationID: "test"})
		})
		both.Wait()
		for range 2 {
			require.Equal(t, booking.RefundSucceeded, f.send(f.text(`SELECT id FROM refunds WHERE part_of IS NULL ORDER BY amount DESC LIMIT 1`)).Status)
		}
		f.requireGivenBack(34840, 0, 10000)
		require.Equal(t, 0, f.account("refunds-payable:INR"))
		require.Equal(t, 0, f.account("card-clearing:INR"), "the provider has nothing of it left")
	}
}

// We got no event: the provider is asked before anything is sent.
func TestARefundMadeOutsideIsNoticedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		amount int64
		status string
	}{
		"a part":    {10000, "1 INITIATED CARD, 1 INITIATED CARD, 2 INITIATED CARD, 2 SUCCEEDED CARD"},
		"all of it": {44840, "1 INITIATED CARD, 2 SUCCEEDED CARD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			id := f.cancelledByCard("bk_1", "A1", "A2")
			f.refundOutside("pi_1", test.amount)
			for range 3 {
				require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
			}
			require.Equal(t, test.status, f.history(id))
			f.requireGivenBack(44840-int(test.amount), 0, int(test.amount))
			require.Equal(t, 1, f.flags(booking.FlagOutsideRefund))
			require.Equal(t, 0, f.flags(booking.FlagRefund))
		})
	}
}

// Our refund was made at the provider, and its answer was lost: it is found there, under our id, and nothing is split off it.
func TestARefundThatTheProviderHasMadeIsNotReduced(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := f.cancelSeats("bk_1", "A1").Refunds[0].RefundID
	f.bank.failRefund = timeout()
	_, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
	require.Error(t, err, "it acted, and then timed out")
	f.refundOutside("pi_1", 5000)
	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD", f.history(id))
	f.requireGivenBack(22420, 0, 5000)
}

// The show is cancelled, and our refund of everything is refused, because a part has been given back
// by hand: every command resolves it.
func TestARefundThatExceedsWhatIsLeftIsSentDivertedOrSettledAsARemainder(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, outside int64) (*fixture, string) {
		t.Helper()
		f := newFixture(t)
		id := f.cancelledByCard("bk_1", "A1", "A2")
		f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "invalid_request_error"}
		require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)
		f.bank.refuseRefund = nil
		f.refundOutside("pi_1", outside)
		return f, id
	}
	t.Run("retry", func(t *testing.T) {
		t.Parallel()
		f, id := refused(t, 10000)
		for range 2 {
			receipt := f.retry(id, "1")
			require.Equal(t, booking.RefundInitiated, receipt.Status)
			require.EqualValues(t, 34840, receipt.Amount.Amount)
		}
		require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
		f.requireGivenBack(34840, 0, 10000)
	})
	t.Run("divert", func(t *testing.T) {
		t.Parallel()
		f, id := refused(t, 10000)
		for range 2 {
			receipt, err := f.steps.DivertRefund(t.Context(), command(id, "1"))
			require.NoError(t, err)
			require.Equal(t, booking.RefundSucceeded, receipt.Status)
			require.Equal(t, booking.TenderWallet, receipt.Tender)
		}
		f.requireGivenBack(0, 34840, 10000)
	})
	t.Run("settle, and then divert", func(t *testing.T) {
		t.Parallel()
		f, id := refused(t, 10000)
		for range 2 {
			receipt, err := f.settleByHand(id, "1")
			require.NoError(t, err)
			require.Equal(t, booking.RefundNeedsAttention, receipt.Status, "the rest is still owed")
			require.EqualValues(t, 34840, receipt.Amount.Amount)
		}
		require.Equal(t, 34840, f.account("refunds-payable:INR"))
		_, err := f.steps.DivertRefund(t.Context(), command(id, "2"))
		require.NoError(t, err)
		f.requireGivenBack(0, 34840, 10000)
	})
	t.Run("all of it was given back", func(t *testing.T) {
		t.Parallel()
		for n, do := range []func(*fixture, string) (booking.RefundReceipt, error){
			func(f *fixture, id string) (booking.RefundReceipt, error) {
				return f.steps.RetryRefund(t.Context(), command(id, "1"))
			},
			func(f *fixture, id string) (booking.RefundReceipt, error) {
				return f.steps.DivertRefund(t.Context(), command(id, "1"))
			},
			func(f *fixture, id string) (booking.RefundReceipt, error) {
				return f.steps.SettleRefund(t.Context(), command(id, "1"))
			},
		} {
			f, id := refused(t, 44840)
			for range 2 {
				receipt, err := do(f, id)
				require.NoError(t, err, n)
				require.Equal(t, booking.RefundSucceeded, receipt.Status)
				require.Equal(t, booking.TenderCard, receipt.Tender)
			}
			f.requireGivenBack(0, 0, 44840)
		}
	})
	t.Run("nothing was given back", func(t *testing.T) {
		t.Parallel()
		f, id := refused(t, 10000)
		f.bank.turnRefund("re_by_hand_0", provider.RefundFailed)
		requireRefusal(t, second(f.settleByHand(id, "1")), booking.CodeInvalidState)
		require.Equal(t, booking.RefundInitiated, f.retry(id, "2").Status)
		require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
		f.requireGivenBack(44840, 0, 0)
	})
}

// A refund that waits for money is tried again automatically, less what was given back in the meantime.
func TestWhatWaitsForMoneyIsSentAsARemainder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1", "A2")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	require.Equal(t, booking.RefundFailed, f.send(id).Status)
	f.refundOutside("pi_1", 10000)
	f.bank.refuseRefund = nil

	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)

	f.requireGivenBack(34840, 0, 10000)
	require.Equal(t, 0, f.flags(booking.FlagRefund))
}

func TestARefundMadeOutsideIsAssignedToSeats(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outside  int64
		seats    []string
		assigned int64
		status   booking.Status
	}{
		"to one seat, exactly":         {22420, []string{"A1"}, 22420, booking.StatusConfirmed},
		"to one seat, less than it is": {10000, []string{"A1"}, 10000, booking.StatusConfirmed},
		"to one seat, more than it is": {30000, []string{"A1"}, 22420, booking.StatusConfirmed},
		"to all seats":                 {44840, nil, 44840, booking.StatusCancelled},
		"to both seats, not all":       {30000, []string{"A1", "A2"}, 30000, booking.StatusCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.showIn("1 hour")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			id := f.refundOutside("pi_1", test.outside)
			f.noteOutside("pi_1")
			for range 2 {
				done := f.assign(id, "1", test.seats...)
				require.Equal(t, test.assigned, done.Assigned)
				require.Zero(t, done.WrittenOff)
			}
			require.Equal(t, test.status, f.status("bk_1"))
			f.requireGivenBack(0, 0, int(test.outside))
			require.Equal(t, 44840-int(test.assigned), f.account("ticket-sales:INR")+f.account("booking-fees:INR")+f.account("tax:INR"), "the rest is kept")
			require.Equal(t, 1, f.count(`SELECT count(*) FROM cancellations WHERE cause = 'OUTSIDE_REFUND' AND actor = 'us_admin'`))
			require.Equal(t, 1, f.count(`SELECT count(*) FROM outside_refund_events WHERE event = 'ASSIGNED' AND command_id = '1' AND refund_id IS NOT NULL
			                              AND actor = 'us_admin' AND reason = 'the customer called'`))
			if test.status == booking.StatusConfirmed {
				requireRefusal(t, second(f.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "2", "A1"))), booking.CodeInvalidState)
				requireRefusal(t, second(f.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "3", "Z9"))), map[bool]booking.Code{
					true: booking.CodeValidation, false: booking.CodeInvalidState,
				}[test.outside > test.assigned])
			}
		})
	}
}

// The rest of a refund made outside, after one seat was assigned, waits; cancelling the other seats
// gives back what is left of the charge.
func TestTheRestOfARefundMadeOutsidePaysTheNextSeat(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := f.refundOutside("pi_1", 30000)
	f.noteOutside("pi_1")
	f.assign(id, "1", "A1")
	done := f.cancelSeats("bk_1")
	require.Len(t, done.Refunds, 2)
	for _, refund := range done.Refunds {
		require.Equal(t, booking.RefundSucceeded, f.send(refund.RefundID).Status)
	}
	f.requireGivenBack(14840, 0, 30000)
}

func TestARefundMadeOutsideIsWrittenOff(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := f.refundOutside("pi_1", 10000)
	f.noteOutside("pi_1")
	for range 2 {
		require.EqualValues(t, 10000, f.writeOff(id, "1").WrittenOff)
	}
	requireRefusal(t, second(f.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(id, "2"))), booking.CodeInvalidState)
	requireRefusal(t, second(f.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "3", "A1"))), booking.CodeInvalidState)
	requireRefusal(t, second(f.steps.WriteOffOutsideRefund(t.Context(), outsideCommand("re_none", "4"))), booking.CodeNotFound)
	f.requireGivenBack(0, 0, 10000)

	require.Equal(t, booking.RefundSucceeded, f.send(f.cancelSeats("bk_1", "A1").Refunds[0].RefundID).Status)
	f.requireGivenBack(22420, 0, 10000)
	require.Equal(t, -10000, f.account("refund-losses:INR"), "it was for nothing, and the seat gives back what it gives back")

	for _, refund := range f.cancelSeats("bk_1").Refunds {
		require.Equal(t, booking.RefundSucceeded, f.send(refund.RefundID).Status)
	}
	f.requireGivenBack(34840, 0, 10000)
	require.Equal(t, 0, f.account("refund-losses:INR"), "nobody gets more back than was paid")
	require.Equal(t, "RECORDED WRITTEN_OFF TAKEN_BACK ASSIGNED", f.text(`SELECT string_agg(event, ' ' ORDER BY id) FROM outside_refund_events`))
}

func TestTwoOperatorsWhoDecideAtOnceUseTheMoneyOnce(t *testing.T) {
	t.Parallel()
	for range 3 {
		f := newFixture(t)
		f.showIn("50 hours")
		f.soldByCard("bk_1", "us_ben", "A1", "A2")
		id := f.refundOutside("pi_1", 22420)
		f.noteOutside("pi_1")
		var all sync.WaitGroup
		for n, seats := range [][]string{{"A1"}, {"A2"}, {"A1", "A2"}} {
			all.Go(func() {
				_, _ = f.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, string(rune('1'+n)), seats...))
			})
		}
		all.Go(func() { _, _ = f.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(id, "9")) })
		all.Wait()
		require.Equal(t, 1, f.count(`SELECT count(*) FROM outside_refund_events WHERE command_id IS NOT NULL`))
		require.Equal(t, 22420, f.count(`SELECT assigned + written_off FROM outside_refunds`))
		f.requireGivenBack(0, 0, 22420)
	}
}

// An operator says that the money was for one of the seats while the customer cancels both: each seat is refunded once.
func TestAnAssignmentAndACancellationAtOnce(t *testing.T) {
	t.Parallel()
	for range 4 {
		f := newFixture(t)
		f.showIn("50 hours")
		f.soldByCard("bk_1", "us_ben", "A1", "A2")
		id := f.refundOutside("pi_1", 22420)
		f.noteOutside("pi_1")
		var both sync.WaitGroup
		both.Go(func() { _, _ = f.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "1", "A1")) })
		both.Go(func() {
			_, err := f.steps.CancelSeats(t.Context(), cancelRequest("bk_1"))
			require.NoError(t, err)
		})
		both.Wait()
		for range f.count(`SELECT count(*) FROM refunds WHERE status = 'INITIATED'`) {
			require.Equal(t, booking.RefundSucceeded, f.send(f.text(`SELECT id FROM refunds WHERE status = 'INITIATED'`)).Status)
		}
		require.Equal(t, booking.StatusCancelled, f.status("bk_1"))
		require.Equal(t, 22420, f.count(`SELECT assigned FROM outside_refunds`))
		f.requireGivenBack(22420, 0, 22420)
		require.Zero(t, f.account("refunds-payable:INR"))
	}
}

// What was given back outside counts before what the bank has given back, and after a dispute that was won as if there had been none.
func TestARefundMadeOutsideAndADispute(t *testing.T) {
	t.Parallel()
	const half = twoSeats / 2
	for name, test := range map[string]struct {
		decided  string
		to       booking.RefundTo
		disputed int64
		// what goes to the card and into the wallet, what is closed, and what the cinema has lost
		card, wallet, closed, lost int
	}{
		"won, to the card":                          {"won", booking.RefundToOriginal, twoSeats, half, 0, 0, 0},
		"won, to the wallet":                        {"won", booking.RefundToWallet, twoSeats, 0, half, 0, 0},
		"lost for the rest":                         {"lost", booking.RefundToOriginal, half, 0, 0, half, 0},
		"lost for all of it, to the wallet":         {"lost", booking.RefundToWallet, twoSeats, 0, 0, half, half},
		"lost for less than is left, to the wallet": {"lost", booking.RefundToWallet, half / 2, 0, half / 2, half / 2, 0},
	} {
		for _, when := range []string{"before it is cancelled", "while it waits"} {
			t.Run(name+", "+when, func(t *testing.T) {
				t.Parallel()
				f := newDisputeFixture(t)
				f.showIn("50 hours")
				f.soldByCard("bk_1", "us_ben", "A1", "A2")
				f.dispute("pi_1", "needs_response", test.disputed, taken(test.disputed))
				outside := func() { f.refundOutside("pi_1", half); f.noteOutside("pi_1") }
				if when == "before it is cancelled" {
					outside()
				}
				refunds := f.cancelTo(test.to, "bk_1").Refunds
				id := refunds[slices.IndexFunc(refunds, func(r booking.RefundReceipt) bool { return r.Status != booking.RefundSucceeded })].RefundID
				require.Equal(t, booking.RefundFailed, f.send(id).Status, "the bank decides")
				require.Zero(t, f.walletOf("us_ben"))
				if when != "before it is cancelled" {
					outside()
				}
				if test.decided == "won" {
					f.dispute("pi_1", test.decided, test.disputed, givenBack(test.disputed))
				} else {
					f.dispute("pi_1", test.decided, test.disputed)
				}
				for range 2 {
					f.send(id)
				}
				if f.text(`SELECT status FROM refunds WHERE id = $1`, id) == string(booking.RefundNeedsAttention) {
					_, err := f.steps.DivertRefund(t.Context(), command(id, "1"))
					require.NoError(t, err)
				}
				f.requireGivenBack(test.card, test.wallet, half)
				require.Equal(t, test.closed, f.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'CLOSED'`))
				require.Equal(t, test.lost, -f.account("dispute-losses:INR"))
				require.Zero(t, f.account("refunds-payable:INR"))
				require.Zero(t, f.account("outside-refunds:INR"))
			})
		}
	}
}

// A refund made outside fails days later: what it had paid is owed again, and a loss is reversed.
func TestARefundMadeOutsideThatFailsLaterIsBookedBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	assigned, waiting, nothing := f.refundOutside("pi_1", 22420), f.refundOutside("pi_1", 500), f.refundOutside("pi_1", 700)
	f.noteOutside("pi_1")
	f.assign(assigned, "1", "A1")
	f.writeOff(nothing, "2")
	f.requireGivenBack(0, 0, 23620)
	for _, id := range []string{assigned, waiting, nothing} {
		f.bank.turnRefund(id, provider.RefundFailed)
	}

	for range 2 {
		f.noteOutside("pi_1")
	}

	f.requireGivenBack(0, 0, 0)
	require.Equal(t, -44840, f.account("card-clearing:INR"))
	require.Equal(t, 22420, f.account("refunds-payable:INR"))
	refund := f.text(`SELECT id FROM refunds`)
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD, 1 NEEDS_ATTENTION CARD", f.history(refund))
	require.Equal(t, 1, f.flags(booking.FlagRefund))
	requireRefusal(t, second(f.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(waiting, "3"))), booking.CodeInvalidState)
	require.Equal(t, booking.RefundInitiated, f.retry(refund, "1").Status)
	require.Equal(t, booking.RefundSucceeded, f.send(refund).Status)
	f.requireGivenBack(22420, 0, 0)
}

// A charge that has bought nothing is refunded, after somebody gave a part of it back by hand.
func TestARefundMadeOutsideOfAStrayCharge(t *testing.T) {
	t.Parallel()
	for name, outside := range map[string]int64{"a part": 10000, "all of it": 22420} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			payment := f.card("bk_1", f.hold("bk_1", "us_ben", "A1"))
			f.bank.pay(payment.IntentID)
			f.release("bk_1", booking.StatusExpired)
			f.refundOutside(payment.IntentID, outside)
			f.noteOutside(payment.IntentID)
			require.Equal(t, booking.SettledRefunded, f.settle(payment).Result, "the seats are free, and the money is not ours any more")
			for range 2 {
				receipt, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))
				require.NoError(t, err)
				require.Equal(t, booking.RefundSucceeded, receipt.Status)
			}
			f.requireGivenBack(22420-int(outside), 0, int(outside))
			require.Equal(t, "REFUNDED", f.text(`SELECT status FROM payments`))
			require.Equal(t, 0, f.account("card-clearing:INR"))
		})
	}
}

func TestARefundMadeOutsideInACurrencyOfNobodyIsNotBooked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	stray := booking.Money{Amount: 100, Currency: "XXX"}
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	_, err := f.steps.RefundIntent(t.Context(), booking.RefundOrder{RefundID: "rf_1", IntentID: "pi_stray", Amount: stray, Reason: "test", CorrelationID: "test"})
	require.NoError(t, err)
	id := f.bank.refundByHand("pi_stray", stray)

	for _, status := range []provider.RefundStatus{provider.RefundSucceeded, provider.RefundFailed} {
		f.bank.turnRefund(id, status)
		f.noteOutside("pi_stray")
	}

	require.Equal(t, "RETURNED", f.text(`SELECT status FROM outside_refunds WHERE id = $1`, id))
	require.Equal(t, 0, f.count(`SELECT count(*) FROM ledger_transactions WHERE reference LIKE $1`, id+"%"))
}

// settledUnseen settles a refund as operators did before refunds made outside were booked.
func (f *fixture) settledUnseen(id string, amount int) {
	f.t.Helper()
	f.exec(fmt.Sprintf(`UPDATE refunds SET status = 'SUCCEEDED' WHERE id = '%[1]s';
		INSERT INTO refund_events (refund_id, attempt, tender, from_status, to_status, actor, reason, correlation_id)
		VALUES ('%[1]s', 1, 'CARD', 'NEEDS_ATTENTION', 'SUCCEEDED', 'us_admin', 'settled', 'test');
		WITH t AS (INSERT INTO ledger_transactions (reference, booking_id, kind, reason) VALUES ('%[1]s:1', 'bk_1', 'REFUND', 'given back by hand') RETURNING reference)
		INSERT INTO ledger_entries (reference, account_id, amount)
		SELECT reference, unnest(ARRAY['refunds-payable:INR', 'card-clearing:INR']), unnest(ARRAY[-%[2]d, %[2]d]) FROM t`, id, amount))
}

func TestARefundMadeOutsideAnswersForNoMoreThanItGaveBack(t *testing.T) {
	t.Parallel()
	for outside, answered := range map[int]int{22419: 0, 22420: 1, 44839: 1, 44840: 2} {
		t.Run(fmt.Sprint(outside), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			for _, seat := range []string{"A1", "A2"} {
				f.settledUnseen(f.cancelSeats("bk_1", seat).Refunds[0].RefundID, 22420)
			}
			f.refundOutside("pi_1", int64(outside))

			f.noteOutside("pi_1")

			require.Equal(t, answered, f.count(`SELECT count(*) FROM refunds WHERE outside_refund_id IS NOT NULL`))
			require.Equal(t, answered*22420, f.count(`SELECT assigned FROM outside_refunds`))
			f.requireBooks()
		})
	}
}

// Such a refund is not paid a second time.
func TestARefundThatWasSettledBeforeIsFoundInTheOneMadeOutside(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.cancelledByCard("bk_1", "A1", "A2")
	f.settledUnseen(id, 44840)
	f.refundOutside("pi_1", 44840)
	for range 2 {
		f.noteOutside("pi_1")
	}
	f.requireGivenBack(0, 0, 44840)
	require.Equal(t, 0, f.account("card-clearing:INR"))

	f.bank.carryOutLate("pi_1", id, 44840)
	require.Equal(t, 2, f.noteOutside("pi_1").Refunds, "what the provider makes of it after all is given back too much")
}
