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

// refundOutside has somebody give money of a charge back in the provider's dashboard.
func (h *house) refundOutside(intentID string, amount int64) (id string) {
	return h.bank.refundByHand(intentID, booking.Money{Amount: amount, Currency: "INR"})
}

// note does what the news of a refund made outside leads to.
func (h *house) noteOutside(intentID string) booking.OutsideRefundsNoted {
	h.t.Helper()
	noted, err := h.steps.NoteOutsideRefunds(h.t.Context(), booking.OutsideRefundsRequest{IntentID: intentID, CorrelationID: "test"})
	require.NoError(h.t, err)
	return noted
}

func outsideCommand(id, commandID string, seats ...string) booking.OutsideRefundCommand {
	return booking.OutsideRefundCommand{
		OutsideRefundID: id, Seats: seats, CommandID: commandID, Actor: "us_admin", Reason: "the customer called", CorrelationID: "test",
	}
}

func (h *house) assign(id, commandID string, seats ...string) booking.OutsideRefund {
	h.t.Helper()
	done, err := h.steps.AssignOutsideRefund(h.t.Context(), outsideCommand(id, commandID, seats...))
	require.NoError(h.t, err)
	return done
}

func (h *house) writeOff(id, commandID string) booking.OutsideRefund {
	h.t.Helper()
	done, err := h.steps.WriteOffOutsideRefund(h.t.Context(), outsideCommand(id, commandID))
	require.NoError(h.t, err)
	return done
}

// requireGivenBack checks how much a customer has got of a charge: from us by card, into the wallet, and outside. It never is more than was paid,
// and the books know it.
func (h *house) requireGivenBack(byCard, byWallet, outside int) {
	h.t.Helper()
	sum := func(where string) int {
		return h.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'SUCCEEDED' AND ` + where)
	}
	require.Equal(h.t, [3]int{byCard, byWallet, outside}, [3]int{
		sum(`tender = 'CARD' AND outside_refund_id IS NULL`), sum(`tender = 'WALLET'`),
		h.count(`SELECT COALESCE(sum(amount), 0) FROM outside_refunds WHERE status = 'STANDING'`),
	}, "by card, by wallet, outside")
	require.LessOrEqual(h.t, byCard+byWallet+outside, h.count(`SELECT COALESCE(sum(card_amount + wallet_amount), 0) FROM payments`))
	h.requireBooks()
	require.Equal(h.t, -h.count(`SELECT COALESCE(sum(written_off), 0) FROM outside_refunds`), h.account("refund-losses:INR"))
	require.Equal(h.t, h.count(`SELECT COALESCE(sum(assigned), 0) FROM outside_refunds`), sum(`outside_refund_id IS NOT NULL`))
}

func TestARefundMadeOutsideIsBookedOnceAndFlagged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	h.cancelSeats("bk_1", "A1")
	require.Equal(t, booking.RefundSucceeded, h.send(h.text(`SELECT id FROM refunds`)).Status)
	id := h.refundOutside("pi_1", 10000)

	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { h.noteOutside("pi_1") })
	}
	all.Wait()

	require.Equal(t, 1, h.noteOutside("pi_1").Refunds, "ours is no refund made outside")
	require.Equal(t, 1, h.count(`SELECT count(*) FROM outside_refunds WHERE booking_id = 'bk_1' AND payment_id = 'pay_bk_1' AND assigned + written_off = 0`))
	require.Equal(t, "RECORDED", h.text(`SELECT string_agg(event, ' ') FROM outside_refund_events`))
	require.Equal(t, "bk_1", h.text(`SELECT booking_id FROM ledger_transactions WHERE reference = $1`, id))
	require.Equal(t, 1, h.count(`SELECT count(*) FROM flags WHERE kind = 'OUTSIDE_REFUND' AND subject = $1`, id))
	require.Equal(t, 1, h.flags(booking.FlagOutsideRefund))
	h.requireGivenBack(22420, 0, 10000)
}

func TestRefundsOfMoneyThatOurBooksDoNotKnowAreNotBooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.refundOutside("pi_theirs", 10000)
	h.noteOutside("pi_theirs")
	h.soldByCard("bk_1", "us_ben", "A1")
	h.bank.turnRefund(h.refundOutside("pi_1", 100), provider.RefundFailed)
	h.noteOutside("pi_1")
	require.Equal(t, 0, h.count(`SELECT count(*) FROM outside_refunds`), "and none that had failed before anybody knew of it")
}

func TestNothingIsGivenBackOfAChargeThatTheProviderDoesNotKnow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	req := booking.OutsideRefundsRequest{IntentID: "pi_1", CorrelationID: "test"}
	h.bank.failNext = &provider.Error{Kind: provider.KindNotFound}
	noted, err := h.steps.NoteOutsideRefunds(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, booking.OutsideRefundsNoted{IntentID: "pi_1"}, noted)

	h.bank.failNext = &provider.Error{Kind: provider.KindUnavailable}
	_, err = h.steps.NoteOutsideRefunds(t.Context(), req)
	var unavailable *provider.Error
	require.ErrorAs(t, err, &unavailable, "worth another try")
}

// The seats cost 44,840. What was given back outside is no more given back by us, to whichever tender, in one go or seat by seat.
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
			h := newHouse(t)
			h.showIn("50 hours")
			h.soldByCard("bk_1", "us_ben", "A1", "A2")
			outside := int64(0)
			for _, amount := range test.outside {
				h.refundOutside("pi_1", amount)
				outside += amount
			}
			h.noteOutside("pi_1")
			for n, seats := range test.steps {
				req := cancelRequest("bk_1", seats...)
				req.RefundTo = test.to
				for range 2 {
					done, err := h.steps.CancelSeats(t.Context(), req)
					require.NoError(t, err)
					for _, refund := range done.Refunds {
						h.send(refund.RefundID)
					}
				}
				h.requireGivenBack(test.card[n], test.wallet[n], int(outside))
			}
			require.Equal(t, booking.StatusCancelled, h.status("bk_1"))
			require.Equal(t, 0, h.account("outside-refunds:INR"), "all of it has paid something")
			require.Equal(t, 0, h.account("refunds-payable:INR"))
		})
	}
}

// A hybrid payment: what was given back outside is the card's alone.
func TestWhatWasGivenBackOutsideCountsForTheCardsPart(t *testing.T) {
	t.Parallel()
	for _, to := range []booking.RefundTo{booking.RefundToOriginal, booking.RefundToWallet} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.showIn("50 hours")
			h.soldHybrid("bk_1", 20000, "A1", "A2")
			h.refundOutside("pi_1", 24840)
			h.noteOutside("pi_1")
			for _, seats := range [][]string{{"A1"}, {"A2"}} {
				req := cancelRequest("bk_1", seats...)
				req.RefundTo = to
				_, err := h.steps.CancelSeats(t.Context(), req)
				require.NoError(t, err)
			}
			h.requireGivenBack(0, 20000, 24840)
			require.Equal(t, 100000, h.wallet("us_asha"))
			require.Equal(t, 0, h.account("outside-refunds:INR"))
		})
	}
}

// The event comes while the booking is being cancelled: one of the two has the booking first. What has not been sent yet takes note of it, and
// what has been paid into the wallet already is flagged.
func TestAnEventThatArrivesWhileSeatsAreCancelled(t *testing.T) {
	t.Parallel()
	for range 4 {
		h := newHouse(t)
		h.showIn("50 hours")
		h.soldByCard("bk_1", "us_ben", "A1", "A2")
		h.refundOutside("pi_1", 10000)
		var both sync.WaitGroup
		both.Go(func() { _, _ = h.steps.CancelSeats(t.Context(), cancelRequest("bk_1")) })
		both.Go(func() {
			_, _ = h.steps.NoteOutsideRefunds(t.Context(), booking.OutsideRefundsRequest{IntentID: "pi_1", CorrelationID: "test"})
		})
		both.Wait()
		for range 2 {
			require.Equal(t, booking.RefundSucceeded, h.send(h.text(`SELECT id FROM refunds WHERE part_of IS NULL ORDER BY amount DESC LIMIT 1`)).Status)
		}
		h.requireGivenBack(34840, 0, 10000)
		require.Equal(t, 0, h.account("refunds-payable:INR"))
		require.Equal(t, 0, h.account("card-clearing:INR"), "the provider has nothing of it left")
	}
}

// Nobody told us: the provider is asked before anything is sent.
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
			h := newHouse(t)
			id := h.cancelledByCard("bk_1", "A1", "A2")
			h.refundOutside("pi_1", test.amount)
			for range 3 {
				require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
			}
			require.Equal(t, test.status, h.history(id))
			h.requireGivenBack(44840-int(test.amount), 0, int(test.amount))
			require.Equal(t, 1, h.flags(booking.FlagOutsideRefund))
			require.Equal(t, 0, h.flags(booking.FlagRefund))
		})
	}
}

// Our refund is made at the provider, and its answer lost: whoever asks finds it there, under our id, and nothing of it is split off.
func TestARefundOfOursThatIsThereIsNotShrunk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := h.cancelSeats("bk_1", "A1").Refunds[0].RefundID
	h.bank.failRefund = timeout()
	_, err := h.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
	require.Error(t, err, "it acted, and then timed out")
	h.refundOutside("pi_1", 5000)
	require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD", h.history(id))
	h.requireGivenBack(22420, 0, 5000)
}

// The show is cancelled, our refund of everything is refused, since a part has been given back by hand: every command is a way out.
func TestARefundThatExceedsWhatIsLeftIsSentDivertedOrSettledAsARemainder(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, outside int64) (*house, string) {
		t.Helper()
		h := newHouse(t)
		id := h.cancelledByCard("bk_1", "A1", "A2")
		h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "invalid_request_error"}
		require.Equal(t, booking.RefundNeedsAttention, h.send(id).Status)
		h.bank.refuseRefund = nil
		h.refundOutside("pi_1", outside)
		return h, id
	}
	t.Run("retry", func(t *testing.T) {
		t.Parallel()
		h, id := refused(t, 10000)
		for range 2 {
			receipt := h.retry(id, "1")
			require.Equal(t, booking.RefundInitiated, receipt.Status)
			require.EqualValues(t, 34840, receipt.Amount.Amount)
		}
		require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
		h.requireGivenBack(34840, 0, 10000)
	})
	t.Run("divert", func(t *testing.T) {
		t.Parallel()
		h, id := refused(t, 10000)
		for range 2 {
			receipt, err := h.steps.DivertRefund(t.Context(), command(id, "1"))
			require.NoError(t, err)
			require.Equal(t, booking.RefundSucceeded, receipt.Status)
			require.Equal(t, booking.TenderWallet, receipt.Tender)
		}
		h.requireGivenBack(0, 34840, 10000)
	})
	t.Run("settle, and then divert", func(t *testing.T) {
		t.Parallel()
		h, id := refused(t, 10000)
		for range 2 {
			receipt, err := h.settleByHand(id, "1")
			require.NoError(t, err)
			require.Equal(t, booking.RefundNeedsAttention, receipt.Status, "the rest is still owed")
			require.EqualValues(t, 34840, receipt.Amount.Amount)
		}
		require.Equal(t, 34840, h.account("refunds-payable:INR"))
		_, err := h.steps.DivertRefund(t.Context(), command(id, "2"))
		require.NoError(t, err)
		h.requireGivenBack(0, 34840, 10000)
	})
	t.Run("all of it was given back", func(t *testing.T) {
		t.Parallel()
		for n, do := range []func(*house, string) (booking.RefundReceipt, error){
			func(h *house, id string) (booking.RefundReceipt, error) {
				return h.steps.RetryRefund(t.Context(), command(id, "1"))
			},
			func(h *house, id string) (booking.RefundReceipt, error) {
				return h.steps.DivertRefund(t.Context(), command(id, "1"))
			},
			func(h *house, id string) (booking.RefundReceipt, error) {
				return h.steps.SettleRefund(t.Context(), command(id, "1"))
			},
		} {
			h, id := refused(t, 44840)
			for range 2 {
				receipt, err := do(h, id)
				require.NoError(t, err, n)
				require.Equal(t, booking.RefundSucceeded, receipt.Status)
				require.Equal(t, booking.TenderCard, receipt.Tender)
			}
			h.requireGivenBack(0, 0, 44840)
		}
	})
	t.Run("nothing was given back", func(t *testing.T) {
		t.Parallel()
		h, id := refused(t, 10000)
		h.bank.turnRefund("re_by_hand_0", provider.RefundFailed)
		requireRefusal(t, second(h.settleByHand(id, "1")), booking.CodeInvalidState)
		require.Equal(t, booking.RefundInitiated, h.retry(id, "2").Status)
		require.Equal(t, booking.RefundSucceeded, h.send(id).Status)
		h.requireGivenBack(44840, 0, 0)
	})
}

// What waits for money is tried again by itself, less what was given back meanwhile.
func TestWhatWaitsForMoneyIsSentAsARemainder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1", "A2")
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	require.Equal(t, booking.RefundFailed, h.send(id).Status)
	h.refundOutside("pi_1", 10000)
	h.bank.refuseRefund = nil

	require.Equal(t, booking.RefundSucceeded, h.send(id).Status)

	h.requireGivenBack(34840, 0, 10000)
	require.Equal(t, 0, h.flags(booking.FlagRefund))
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
			h := newHouse(t)
			h.showIn("1 hour")
			h.soldByCard("bk_1", "us_ben", "A1", "A2")
			id := h.refundOutside("pi_1", test.outside)
			h.noteOutside("pi_1")
			for range 2 {
				done := h.assign(id, "1", test.seats...)
				require.Equal(t, test.assigned, done.Assigned)
				require.Zero(t, done.WrittenOff)
			}
			require.Equal(t, test.status, h.status("bk_1"))
			h.requireGivenBack(0, 0, int(test.outside))
			require.Equal(t, 44840-int(test.assigned), h.account("ticket-sales:INR")+h.account("booking-fees:INR")+h.account("tax:INR"), "the rest is kept")
			require.Equal(t, 1, h.count(`SELECT count(*) FROM cancellations WHERE cause = 'OUTSIDE_REFUND' AND actor = 'us_admin'`))
			require.Equal(t, 1, h.count(`SELECT count(*) FROM outside_refund_events WHERE event = 'ASSIGNED' AND command_id = '1' AND refund_id IS NOT NULL
			                              AND actor = 'us_admin' AND reason = 'the customer called'`))
			if test.status == booking.StatusConfirmed {
				requireRefusal(t, second(h.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "2", "A1"))), booking.CodeInvalidState)
				requireRefusal(t, second(h.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "3", "Z9"))), map[bool]booking.Code{
					true: booking.CodeValidation, false: booking.CodeInvalidState,
				}[test.outside > test.assigned])
			}
		})
	}
}

// What is left when a seat was assigned waits, and the rest of the seats gives back what is left of the charge.
func TestTheRestOfARefundMadeOutsidePaysTheNextSeat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := h.refundOutside("pi_1", 30000)
	h.noteOutside("pi_1")
	h.assign(id, "1", "A1")
	done := h.cancelSeats("bk_1")
	require.Len(t, done.Refunds, 2)
	for _, refund := range done.Refunds {
		require.Equal(t, booking.RefundSucceeded, h.send(refund.RefundID).Status)
	}
	h.requireGivenBack(14840, 0, 30000)
}

func TestARefundMadeOutsideIsWrittenOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	id := h.refundOutside("pi_1", 10000)
	h.noteOutside("pi_1")
	for range 2 {
		require.EqualValues(t, 10000, h.writeOff(id, "1").WrittenOff)
	}
	requireRefusal(t, second(h.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(id, "2"))), booking.CodeInvalidState)
	requireRefusal(t, second(h.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "3", "A1"))), booking.CodeInvalidState)
	requireRefusal(t, second(h.steps.WriteOffOutsideRefund(t.Context(), outsideCommand("re_none", "4"))), booking.CodeNotFound)
	h.requireGivenBack(0, 0, 10000)

	require.Equal(t, booking.RefundSucceeded, h.send(h.cancelSeats("bk_1", "A1").Refunds[0].RefundID).Status)
	h.requireGivenBack(22420, 0, 10000)
	require.Equal(t, -10000, h.account("refund-losses:INR"), "it was for nothing, and the seat gives back what it gives back")

	for _, refund := range h.cancelSeats("bk_1").Refunds {
		require.Equal(t, booking.RefundSucceeded, h.send(refund.RefundID).Status)
	}
	h.requireGivenBack(34840, 0, 10000)
	require.Equal(t, 0, h.account("refund-losses:INR"), "nobody gets more back than was paid")
	require.Equal(t, "RECORDED WRITTEN_OFF TAKEN_BACK ASSIGNED", h.text(`SELECT string_agg(event, ' ' ORDER BY id) FROM outside_refund_events`))
}

func TestTwoOperatorsWhoDecideAtOnceUseTheMoneyOnce(t *testing.T) {
	t.Parallel()
	for range 3 {
		h := newHouse(t)
		h.showIn("50 hours")
		h.soldByCard("bk_1", "us_ben", "A1", "A2")
		id := h.refundOutside("pi_1", 22420)
		h.noteOutside("pi_1")
		var all sync.WaitGroup
		for n, seats := range [][]string{{"A1"}, {"A2"}, {"A1", "A2"}} {
			all.Go(func() {
				_, _ = h.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, string(rune('1'+n)), seats...))
			})
		}
		all.Go(func() { _, _ = h.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(id, "9")) })
		all.Wait()
		require.Equal(t, 1, h.count(`SELECT count(*) FROM outside_refund_events WHERE command_id IS NOT NULL`))
		require.Equal(t, 22420, h.count(`SELECT assigned + written_off FROM outside_refunds`))
		h.requireGivenBack(0, 0, 22420)
	}
}

// An operator says that the money was for one of the seats while the customer cancels both: each seat goes back once.
func TestAnAssignmentAndACancellationAtOnce(t *testing.T) {
	t.Parallel()
	for range 4 {
		h := newHouse(t)
		h.showIn("50 hours")
		h.soldByCard("bk_1", "us_ben", "A1", "A2")
		id := h.refundOutside("pi_1", 22420)
		h.noteOutside("pi_1")
		var both sync.WaitGroup
		both.Go(func() { _, _ = h.steps.AssignOutsideRefund(t.Context(), outsideCommand(id, "1", "A1")) })
		both.Go(func() {
			_, err := h.steps.CancelSeats(t.Context(), cancelRequest("bk_1"))
			require.NoError(t, err)
		})
		both.Wait()
		for range h.count(`SELECT count(*) FROM refunds WHERE status = 'INITIATED'`) {
			require.Equal(t, booking.RefundSucceeded, h.send(h.text(`SELECT id FROM refunds WHERE status = 'INITIATED'`)).Status)
		}
		require.Equal(t, booking.StatusCancelled, h.status("bk_1"))
		require.Equal(t, 22420, h.count(`SELECT assigned FROM outside_refunds`))
		h.requireGivenBack(22420, 0, 22420)
		require.Zero(t, h.account("refunds-payable:INR"))
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
		// what goes to the card and into the wallet, what is closed, and what the house has lost
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
				h := newCourthouse(t)
				h.showIn("50 hours")
				h.soldByCard("bk_1", "us_ben", "A1", "A2")
				h.dispute("pi_1", "needs_response", test.disputed, taken(test.disputed))
				outside := func() { h.refundOutside("pi_1", half); h.noteOutside("pi_1") }
				if when == "before it is cancelled" {
					outside()
				}
				refunds := h.cancelTo(test.to, "bk_1").Refunds
				id := refunds[slices.IndexFunc(refunds, func(r booking.RefundReceipt) bool { return r.Status != booking.RefundSucceeded })].RefundID
				require.Equal(t, booking.RefundFailed, h.send(id).Status, "the bank decides")
				require.Zero(t, h.walletOf("us_ben"))
				if when != "before it is cancelled" {
					outside()
				}
				if test.decided == "won" {
					h.dispute("pi_1", test.decided, test.disputed, givenBack(test.disputed))
				} else {
					h.dispute("pi_1", test.decided, test.disputed)
				}
				for range 2 {
					h.send(id)
				}
				if h.text(`SELECT status FROM refunds WHERE id = $1`, id) == string(booking.RefundNeedsAttention) {
					_, err := h.steps.DivertRefund(t.Context(), command(id, "1"))
					require.NoError(t, err)
				}
				h.requireGivenBack(test.card, test.wallet, half)
				require.Equal(t, test.closed, h.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'CLOSED'`))
				require.Equal(t, test.lost, -h.account("dispute-losses:INR"))
				require.Zero(t, h.account("refunds-payable:INR"))
				require.Zero(t, h.account("outside-refunds:INR"))
			})
		}
	}
}

// A refund made outside fails days later: what it had paid is owed again, and a loss is none.
func TestARefundMadeOutsideThatFailsLaterIsBookedBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.showIn("50 hours")
	h.soldByCard("bk_1", "us_ben", "A1", "A2")
	assigned, waiting, nothing := h.refundOutside("pi_1", 22420), h.refundOutside("pi_1", 500), h.refundOutside("pi_1", 700)
	h.noteOutside("pi_1")
	h.assign(assigned, "1", "A1")
	h.writeOff(nothing, "2")
	h.requireGivenBack(0, 0, 23620)
	for _, id := range []string{assigned, waiting, nothing} {
		h.bank.turnRefund(id, provider.RefundFailed)
	}

	for range 2 {
		h.noteOutside("pi_1")
	}

	h.requireGivenBack(0, 0, 0)
	require.Equal(t, -44840, h.account("card-clearing:INR"))
	require.Equal(t, 22420, h.account("refunds-payable:INR"))
	refund := h.text(`SELECT id FROM refunds`)
	require.Equal(t, "1 INITIATED CARD, 1 SUCCEEDED CARD, 1 NEEDS_ATTENTION CARD", h.history(refund))
	require.Equal(t, 1, h.flags(booking.FlagRefund))
	requireRefusal(t, second(h.steps.WriteOffOutsideRefund(t.Context(), outsideCommand(waiting, "3"))), booking.CodeInvalidState)
	require.Equal(t, booking.RefundInitiated, h.retry(refund, "1").Status)
	require.Equal(t, booking.RefundSucceeded, h.send(refund).Status)
	h.requireGivenBack(22420, 0, 0)
}

// A charge that has bought nothing goes back; somebody has given a part of it back by hand before.
func TestARefundMadeOutsideOfAStrayCharge(t *testing.T) {
	t.Parallel()
	for name, outside := range map[string]int64{"a part": 10000, "all of it": 22420} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			payment := h.card("bk_1", h.hold("bk_1", "us_ben", "A1"))
			h.bank.pay(payment.IntentID)
			h.release("bk_1", booking.StatusExpired)
			h.refundOutside(payment.IntentID, outside)
			h.noteOutside(payment.IntentID)
			require.Equal(t, booking.SettledRefunded, h.settle(payment).Result, "the seats are free, and the money is not ours any more")
			for range 2 {
				receipt, err := h.steps.RefundIntent(t.Context(), h.refundOrder(payment))
				require.NoError(t, err)
				require.Equal(t, booking.RefundSucceeded, receipt.Status)
			}
			h.requireGivenBack(22420-int(outside), 0, int(outside))
			require.Equal(t, "REFUNDED", h.text(`SELECT status FROM payments`))
			require.Equal(t, 0, h.account("card-clearing:INR"))
		})
	}
}

func TestARefundMadeOutsideInACurrencyOfNobodyIsNotBooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stray := booking.Money{Amount: 100, Currency: "XXX"}
	h.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	_, err := h.steps.RefundIntent(t.Context(), booking.RefundOrder{RefundID: "rf_1", IntentID: "pi_stray", Amount: stray, Reason: "test", CorrelationID: "test"})
	require.NoError(t, err)
	id := h.bank.refundByHand("pi_stray", stray)

	for _, status := range []provider.RefundStatus{provider.RefundSucceeded, provider.RefundFailed} {
		h.bank.turnRefund(id, status)
		h.noteOutside("pi_stray")
	}

	require.Equal(t, "RETURNED", h.text(`SELECT status FROM outside_refunds WHERE id = $1`, id))
	require.Equal(t, 0, h.count(`SELECT count(*) FROM ledger_transactions WHERE reference LIKE $1`, id+"%"))
}

// settledUnseen settles a refund as operators did before refunds made outside were booked.
func (h *house) settledUnseen(id string, amount int) {
	h.t.Helper()
	h.exec(fmt.Sprintf(`UPDATE refunds SET status = 'SUCCEEDED' WHERE id = '%[1]s';
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
			h := newHouse(t)
			h.showIn("50 hours")
			h.soldByCard("bk_1", "us_ben", "A1", "A2")
			for _, seat := range []string{"A1", "A2"} {
				h.settledUnseen(h.cancelSeats("bk_1", seat).Refunds[0].RefundID, 22420)
			}
			h.refundOutside("pi_1", int64(outside))

			h.noteOutside("pi_1")

			require.Equal(t, answered, h.count(`SELECT count(*) FROM refunds WHERE outside_refund_id IS NOT NULL`))
			require.Equal(t, answered*22420, h.count(`SELECT assigned FROM outside_refunds`))
			h.requireBooks()
		})
	}
}

// Such a refund is not paid a second time.
func TestARefundThatWasSettledBeforeIsFoundInTheOneMadeOutside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.cancelledByCard("bk_1", "A1", "A2")
	h.settledUnseen(id, 44840)
	h.refundOutside("pi_1", 44840)
	for range 2 {
		h.noteOutside("pi_1")
	}
	h.requireGivenBack(0, 0, 44840)
	require.Equal(t, 0, h.account("card-clearing:INR"))

	h.bank.carryOutLate("pi_1", id, 44840)
	require.Equal(t, 2, h.noteOutside("pi_1").Refunds, "what the provider makes of it after all is given back too much")
}
