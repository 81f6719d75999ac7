package activities_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/boxoffice/boxoffice/provider"
)

// disputeFixture is a fixture whose customers dispute charges at their banks.
type disputeFixture struct {
	*fixture

	api  *pgxpool.Pool
	news atomic.Int64
}

func newDisputeFixture(t *testing.T) *disputeFixture {
	t.Helper()
	f := &disputeFixture{fixture: newFixture(t)}
	f.api = pgtest.OpenAs(t, f.dsn, "boxoffice_api", fixtureConns)
	return f
}

// disputeFee is what the provider takes for a dispute.
const disputeFee = 1500

func taken(amount int64) db.DisputeMovementWriteParams {
	return db.DisputeMovementWriteParams{ID: "txn_taken", Amount: -amount, Fee: disputeFee, Currency: "INR"}
}

func givenBack(amount int64) db.DisputeMovementWriteParams {
	return db.DisputeMovementWriteParams{ID: "txn_given_back", Amount: amount, Currency: "INR"}
}

// dispute writes what the latest event says of a dispute, with the rights of the API and in the same way.
func (f *disputeFixture) dispute(intentID, status string, amount int64, movements ...db.DisputeMovementWriteParams) {
	f.t.Helper()
	require.NoError(f.t, f.disputeIn(f.t.Context(), intentID, status, amount, movements...))
}

func (f *disputeFixture) disputeIn(ctx context.Context, intentID, status string, amount int64, movements ...db.DisputeMovementWriteParams) error {
	id, at := "dp_"+intentID, time.Unix(1_790_000_000+f.news.Add(1), 0)
	return db.InTx(ctx, f.api, func(q *db.Queries) error {
		if err := q.LockCharge(ctx, intentID); err != nil {
			return err
		}
		owner, err := q.IntentOwner(ctx, intentID)
		if err != nil {
			return err
		}
		opened, err := q.DisputeOpen(ctx, db.DisputeOpenParams{
			ID: id, IntentID: intentID, BookingID: owner.BookingID, PaymentID: owner.PaymentID, TopUpID: owner.TopUpID, Amount: amount,
			Currency: "INR", Reason: "fraudulent", Status: status, OpenedAt: at, UpdatedAt: at,
		})
		if err == nil && opened == 0 {
			err = q.DisputeUpdate(ctx, db.DisputeUpdateParams{ID: id, Amount: amount, Currency: "INR", Reason: "fraudulent", Status: status, UpdatedAt: at})
		}
		for _, movement := range movements {
			movement.ID, movement.DisputeID = movement.ID+"_"+intentID, id
			if err == nil {
				err = q.DisputeMovementWrite(ctx, movement)
			}
		}
		return err
	})
}

func (f *disputeFixture) cancelTo(to booking.RefundTo, id string, seats ...string) booking.CancelledSeats {
	f.t.Helper()
	req := cancelRequest(id, seats...)
	req.RefundTo = to
	done, err := f.steps.CancelSeats(f.t.Context(), req)
	require.NoError(f.t, err)
	return done
}

func (f *disputeFixture) close(refundID, commandID string) (booking.RefundReceipt, error) {
	return f.steps.CloseRefund(f.t.Context(), command(refundID, commandID))
}

// walletOf is what a customer can spend; zero without a wallet.
func (f *fixture) walletOf(user string) int {
	f.t.Helper()
	return f.count(`SELECT COALESCE(sum(balance), 0) FROM ledger_accounts WHERE id = $1`, booking.WalletID(user, "INR"))
}

func (f *fixture) frozen(user string) int {
	f.t.Helper()
	return f.count(`SELECT COALESCE(sum(balance), 0) FROM ledger_accounts WHERE id = $1`, "wallet-frozen:"+user+":INR")
}

func TestNothingIsPaidOutWhileTheBankDecidesAndTheRefundGoesOnWhenItIsWon(t *testing.T) {
	t.Parallel()
	for _, to := range []booking.RefundTo{booking.RefundToOriginal, booking.RefundToWallet} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.dispute("pi_1", "needs_response", twoSeats, taken(twoSeats))
			require.Equal(t, twoSeats, -f.account("disputed:INR"))
			require.Equal(t, disputeFee, f.account("card-clearing:INR"), "the provider has nothing of it any more, and its fee")

			done := f.cancelTo(to, "bk_1")
			require.Equal(t, booking.StatusCancelled, done.Status)
			require.Len(t, done.Refunds, 1)
			id := done.Refunds[0].RefundID
			for range 2 {
				require.Equal(t, booking.RefundDisputed, done.Refunds[0].FailureCode)
				require.Equal(t, booking.RefundFailed, done.Refunds[0].Status)
				done.Refunds[0] = f.send(id)
			}
			for _, step := range []func(context.Context, booking.RefundCommand) (booking.RefundReceipt, error){
				f.steps.RetryRefund, f.steps.DivertRefund, f.steps.CloseRefund,
			} {
				_, err := step(t.Context(), command(id, "1"))
				require.EqualValues(t, booking.RefundDisputed, refusalOf(t, err, booking.CodeInvalidState).Details["reason"])
			}
			require.Zero(t, f.walletOf("us_ben"))
			require.Empty(t, f.bank.refunds)
			require.Zero(t, f.flags(booking.FlagRefund), "nobody has to do anything")
			f.requireBooks()

			f.dispute("pi_1", "won", twoSeats, taken(twoSeats), givenBack(twoSeats))
			receipt := f.send(id)
			if receipt.Status == booking.RefundInitiated {
				receipt = f.send(id)
			}
			require.Equal(t, booking.RefundSucceeded, receipt.Status)
			require.Equal(t, disputeFee, -f.account("dispute-fees:INR"))
			require.Zero(t, f.account("dispute-losses:INR"))
			require.Zero(t, f.account("disputed:INR"))
			if to == booking.RefundToWallet {
				require.Equal(t, twoSeats, f.walletOf("us_ben"))
				require.Empty(t, f.bank.refunds)
			} else {
				require.Zero(t, f.walletOf("us_ben"))
				require.Len(t, f.bank.refunds, 1)
			}
			f.requireBooks()
		})
	}
}

func TestARefundOfALostDisputeClosesItselfAndIsPaidOnce(t *testing.T) {
	t.Parallel()
	for _, to := range []booking.RefundTo{booking.RefundToOriginal, booking.RefundToWallet} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.dispute("pi_1", "needs_response", twoSeats, taken(twoSeats))
			id := f.cancelTo(to, "bk_1", "A1").Refunds[0].RefundID
			f.dispute("pi_1", "lost", twoSeats, taken(twoSeats))
			require.Equal(t, twoSeats, -f.account("dispute-losses:INR"))

			for range 2 {
				receipt := f.send(id)
				require.Equal(t, booking.RefundClosed, receipt.Status)
				require.Equal(t, booking.RefundDecidedByBank, receipt.FailureCode)
			}
			require.Equal(t, twoSeats/2, -f.account("dispute-losses:INR"), "what was owed anyhow is no loss")
			require.Equal(t, booking.RefundClosed, f.cancelTo(to, "bk_1").Refunds[0].Status, "a later one is closed at once")
			require.Zero(t, f.account("dispute-losses:INR"))
			require.Zero(t, f.account("refunds-payable:INR"))
			require.Zero(t, f.walletOf("us_ben"))
			require.Empty(t, f.bank.refunds)
			_, err := f.close(id, "1")
			require.EqualValues(t, booking.RefundClosed, refusalOf(t, err, booking.CodeInvalidState).Details["status"])
			f.requireBooks()

			f.dispute("pi_1", "won", twoSeats, taken(twoSeats), givenBack(twoSeats))
			for range 3 {
				f.send(id)
			}
			require.Equal(t, booking.RefundSucceeded, f.send(id).Status, "the bank has changed its mind: the money is owed after all")
			f.requireBooks()
		})
	}
}

// The wallet's own part of a hybrid payment belongs to no charge.
func TestTheWalletsOwnPartGoesBackWhileTheCardsPartWaits(t *testing.T) {
	t.Parallel()
	for _, to := range []booking.RefundTo{booking.RefundToOriginal, booking.RefundToWallet} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.showIn("50 hours")
			payment := f.soldHybrid("bk_1", 10000, "A1", "A2")
			before := f.walletOf("us_asha")
			f.dispute(payment.IntentID, "needs_response", payment.Card.Amount, taken(payment.Card.Amount))

			done := f.cancelTo(to, "bk_1")

			require.Len(t, done.Refunds, 2)
			require.Equal(t, before+10000, f.walletOf("us_asha"))
			require.Equal(t, 1, f.count(`SELECT count(*) FROM refunds WHERE status = 'FAILED' AND failure_code = 'charge_disputed' AND amount = $1`, payment.Card.Amount))
			f.dispute(payment.IntentID, "lost", payment.Card.Amount, taken(payment.Card.Amount))
			for _, refund := range done.Refunds {
				f.send(refund.RefundID)
			}
			require.Equal(t, before+10000, f.walletOf("us_asha"))
			require.Zero(t, f.account("dispute-losses:INR"))
			f.requireBooks()
		})
	}
}

// A dispute that comes while the provider is being asked may find the refund made or not. If it was
// made, that is recorded whatever the dispute says.
func TestADisputeThatComesBetweenAskingAndRecording(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.failRefund = timeout()
	_, err := f.steps.SendRefund(t.Context(), booking.RefundRequest{RefundID: id})
	require.Error(t, err, "it acted, and then timed out")
	f.dispute("pi_1", "needs_response", 22420, taken(22420))

	require.Equal(t, booking.RefundSucceeded, f.send(id).Status, "the provider has made it")
	require.Equal(t, 22420+disputeFee, f.account("card-clearing:INR"), "the customer has the money twice, and the provider holds so much less")
	f.dispute("pi_1", "lost", 22420, taken(22420))
	require.Equal(t, 22420, -f.account("dispute-losses:INR"))
	f.requireBooks()
}

func TestADisputeThatComesBeforeTheRefundIsSentKeepsIt(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.dispute("pi_1", "warning_needs_response", 22420)
	require.Equal(t, booking.RefundFailed, f.send(id).Status)
	require.Empty(t, f.bank.refunds)
	f.dispute("pi_1", "warning_closed", 22420)
	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	require.Equal(t, "1 INITIATED CARD, 1 FAILED CARD, 2 INITIATED CARD, 2 SUCCEEDED CARD", f.history(id))
	f.requireBooks()
}

// The provider knows of a dispute before we get its event: the refund waits without an operator, and does not go to the wallet.
func TestARefundThatTheProviderRefusesAsDisputedWaitsForTheEvent(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeChargeDisputed}
	require.Equal(t, booking.RefundFailed, f.send(id).Status)
	_, err := f.steps.DivertRefund(t.Context(), command(id, "1"))
	require.EqualValues(t, booking.RefundDisputed, refusalOf(t, err, booking.CodeInvalidState).Details["reason"])
	require.Zero(t, f.walletOf("us_ben"))

	f.dispute("pi_1", "lost", 22420, taken(22420))
	require.Equal(t, booking.RefundClosed, f.send(id).Status)
	f.requireBooks()
}

// When the events of a dispute never came, only the operator knows how it ended.
func TestAnOperatorClosesARefundWhoseDisputeIsNotKnown(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	id := f.cancelledByCard("bk_1", "A1")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	require.Equal(t, booking.RefundFailed, f.send(id).Status)
	_, err := f.close(id, "1")
	require.ErrorContains(t, err, "still owed")
	f.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeChargeDisputed}
	require.Equal(t, booking.RefundFailed, f.send(id).Status)

	for range 2 {
		receipt, err := f.close(id, "2")
		require.NoError(t, err, "and once more is harmless")
		require.Equal(t, booking.RefundClosed, receipt.Status)
	}
	require.Equal(t, booking.RefundClosed, f.send(id).Status)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM operator_trail WHERE actor = 'us_admin' AND reason = 'the customer called' AND details ->> 'to' = 'CLOSED'`))
	require.Equal(t, 22420, f.account("dispute-losses:INR"), "it was given back by the bank, whose withdrawal nobody has told us of")
	f.requireBooks()
}

// A refund that operators were alerted to, before disputed refunds waited automatically, is brought to its end as well.
func TestAnOldDisputedRefundIsBroughtToItsEnd(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]booking.RefundStatus{"won": booking.RefundSucceeded, "lost": booking.RefundClosed} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			id := f.cancelledByCard("bk_1", "A1")
			f.exec(`UPDATE refunds SET status = 'NEEDS_ATTENTION', failure_code = 'charge_disputed'`)
			f.dispute("pi_1", "needs_response", 22420, taken(22420))
			require.Equal(t, booking.RefundNeedsAttention, f.send(id).Status)
			f.dispute("pi_1", status, 22420)
			require.Equal(t, want, f.send(id).Status)
			f.requireBooks()
		})
	}
}

// What a dispute that is over leaves of its charge may go back, and nothing more.
func TestTheRestOfAPartlyLostChargeMayGoBack(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.dispute("pi_1", "lost", twoSeats/2, taken(twoSeats/2))

	first, second := f.cancelTo(booking.RefundToWallet, "bk_1", "A1").Refunds[0], f.cancelTo(booking.RefundToWallet, "bk_1").Refunds[0]

	require.Equal(t, booking.RefundSucceeded, first.Status)
	require.Equal(t, booking.RefundClosed, second.Status)
	require.Equal(t, twoSeats/2, f.walletOf("us_ben"))
	require.Zero(t, f.account("dispute-losses:INR"))
	f.requireBooks()
}

func TestARefundOfMoreThanThePartlyLostChargeHasLeftNeedsAnOperator(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		carryOut   func(f *disputeFixture, id string) (booking.RefundReceipt, error)
		left       booking.RefundStatus
		wallet, by int
	}{
		"who diverts what is left": {func(f *disputeFixture, id string) (booking.RefundReceipt, error) {
			return f.steps.DivertRefund(f.t.Context(), command(id, "1"))
		}, booking.RefundSucceeded, twoSeats / 2, 0},
		"who sends what is left": {func(f *disputeFixture, id string) (booking.RefundReceipt, error) {
			return f.steps.RetryRefund(f.t.Context(), command(id, "1"))
		}, booking.RefundSucceeded, 0, twoSeats / 2},
		"who closes what the bank has": {func(f *disputeFixture, id string) (booking.RefundReceipt, error) { return f.close(id, "1") }, booking.RefundNeedsAttention, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.showIn("50 hours")
			f.soldByCard("bk_1", "us_ben", "A1", "A2")
			f.dispute("pi_1", "lost", twoSeats/2, taken(twoSeats/2))

			refund := f.cancelTo(booking.RefundToOriginal, "bk_1").Refunds[0]

			require.Equal(t, booking.RefundNeedsAttention, refund.Status)
			require.Equal(t, booking.RefundDecidedByBank, refund.FailureCode)
			require.Equal(t, 1, f.flags(booking.FlagRefund))
			require.Equal(t, booking.RefundNeedsAttention, f.send(refund.RefundID).Status)
			for range 2 {
				_, err := test.carryOut(f, refund.RefundID)
				require.NoError(t, err)
			}
			require.Equal(t, test.left, f.send(refund.RefundID).Status)
			require.Equal(t, test.wallet, f.walletOf("us_ben"))
			require.Equal(t, test.by, f.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'SUCCEEDED' AND tender = 'CARD'`))
			require.Equal(t, twoSeats/2, f.count(`SELECT amount FROM refunds WHERE status = 'CLOSED' AND part_of = $1`, refund.RefundID))
			require.Zero(t, f.account("dispute-losses:INR"), "the bank has given back what we owed")
			f.requireBooks()
		})
	}
}

// An unknown status decides nothing; a prevented dispute is decided by where the money is.
func TestWhatTheEndsOfADisputeMean(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status    string
		movements []db.DisputeMovementWriteParams
		want      booking.RefundStatus
	}{
		"won":                                    {"won", []db.DisputeMovementWriteParams{taken(22420), givenBack(22420)}, booking.RefundSucceeded},
		"won, before the money is back":          {"won", []db.DisputeMovementWriteParams{taken(22420)}, booking.RefundSucceeded},
		"an inquiry that was closed":             {"warning_closed", nil, booking.RefundSucceeded},
		"prevented, and no money was taken":      {"prevented", nil, booking.RefundSucceeded},
		"prevented by giving the money back":     {"prevented", []db.DisputeMovementWriteParams{taken(22420)}, booking.RefundClosed},
		"lost":                                   {"lost", []db.DisputeMovementWriteParams{taken(22420)}, booking.RefundClosed},
		"lost, and nobody said what it has cost": {"lost", nil, booking.RefundClosed},
		"a new word":                             {"arbitrated ✓", nil, booking.RefundFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			id := f.cancelledByCard("bk_1", "A1")
			f.dispute("pi_1", "needs_response", 22420)
			f.send(id)

			f.dispute("pi_1", test.status, 22420, test.movements...)

			require.Equal(t, test.want, f.send(id).Status)
			f.requireBooks()
		})
	}
}

// Whichever comes first, the customer gets the money once: what was paid into the wallet is frozen by
// the dispute, and what was not paid waits.
func TestADisputeAndACancellationAtOnce(t *testing.T) {
	t.Parallel()
	for range 8 {
		f := newDisputeFixture(t)
		f.showIn("50 hours")
		f.soldByCard("bk_1", "us_ben", "A1", "A2")
		var both sync.WaitGroup
		var disputed, cancelled error
		both.Go(func() { disputed = f.disputeIn(t.Context(), "pi_1", "needs_response", twoSeats, taken(twoSeats)) })
		both.Go(func() {
			req := cancelRequest("bk_1")
			req.RefundTo = booking.RefundToWallet
			_, cancelled = f.steps.CancelSeats(t.Context(), req)
		})
		both.Wait()
		require.NoError(t, disputed)
		require.NoError(t, cancelled)

		require.Zero(t, f.walletOf("us_ben"))
		require.Equal(t, twoSeats, f.frozen("us_ben")+f.account("refunds-payable:INR"))
		f.requireBooks()
		f.dispute("pi_1", "lost", twoSeats)
		f.send(f.text(`SELECT id FROM refunds`))
		require.Zero(t, f.walletOf("us_ben"))
		require.Zero(t, f.account("dispute-losses:INR"), "the customer has it from the bank, and from nobody else")
		f.requireBooks()
	}
}

// There is one order of locks: a pay-out that has locked the booking makes the dispute wait, and the other way round.
func TestADisputeWaitsForAPayOutAndAPayOutForADispute(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"the pay-out is first": `SELECT id FROM bookings WHERE id = 'bk_1' FOR NO KEY UPDATE`,
		"the dispute is first": `SELECT lock_charge('pi_1')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			id := f.cancelledByCard("bk_1", "A1")
			first, err := f.owner.Begin(t.Context())
			require.NoError(t, err)
			_, err = first.Exec(t.Context(), statement)
			require.NoError(t, err)
			var waiting sync.WaitGroup
			var done atomic.Int32
			waiting.Go(func() {
				require.NoError(t, f.disputeIn(t.Context(), "pi_1", "needs_response", 22420))
				done.Add(1)
			})
			require.Eventually(t, func() bool {
				return f.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
			}, time.Minute, 5*time.Millisecond)
			require.Zero(t, done.Load())
			require.NoError(t, first.Rollback(t.Context()))
			waiting.Wait()
			require.Equal(t, booking.RefundFailed, f.send(id).Status)
		})
	}
}

// Movements come with several events, repeatedly, and even after the decision.
func TestTheLedgerHasADisputesMoneyOnceInAnyOrder(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1")
	f.dispute("pi_1", "lost", 22420)
	require.Zero(t, f.account("dispute-losses:INR"))
	for range 2 {
		f.dispute("pi_1", "lost", 22420, taken(22420))
		require.Equal(t, 22420, -f.account("dispute-losses:INR"))
		require.Equal(t, disputeFee, f.account("card-clearing:INR"))
	}
	for range 2 {
		f.dispute("pi_1", "won", 22420, givenBack(22420), taken(22420))
		require.Zero(t, f.account("dispute-losses:INR"))
		require.Zero(t, f.account("disputed:INR"))
		require.Equal(t, disputeFee-22420, f.account("card-clearing:INR"))
	}
	f.requireBooks()
}

// A bank may settle in another currency than the charge's: the ledger then has the principal in the
// charge's currency, and the fee in the bank's.
func TestADisputeThatIsSettledInAnotherCurrency(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		currency string
		fees     string
	}{
		"one that the ledger keeps": {"EUR", "dispute-fees:EUR"},
		"one that nobody knows":     {"XXX", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDisputeFixture(t)
			f.soldByCard("bk_1", "us_ben", "A1")
			out, back := taken(240), givenBack(236)
			out.Currency, back.Currency = test.currency, test.currency
			f.dispute("pi_1", "needs_response", 22420, out)
			require.Equal(t, 22420, -f.account("disputed:INR"))
			if test.fees != "" {
				require.Equal(t, disputeFee, -f.account(test.fees))
			}
			f.dispute("pi_1", "won", 22420, back)
			require.Zero(t, f.account("disputed:INR"))
			require.Equal(t, -22420, f.account("card-clearing:INR"))
			f.requireBooks()
		})
	}
}

func TestMoneyThatBoughtNothingWaitsForItsDispute(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_ben", "A1"))
	f.bank.pay(payment.IntentID)
	f.release("bk_1", booking.StatusCancelled)
	f.dispute(payment.IntentID, "needs_response", 22420, taken(22420))

	_, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))
	require.ErrorContains(t, err, booking.RefundDisputed)
	require.Empty(t, f.bank.refunds)
	f.dispute(payment.IntentID, "lost", 22420)
	receipt, err := f.steps.RefundIntent(t.Context(), f.refundOrder(payment))

	require.NoError(t, err)
	require.Equal(t, booking.RefundClosed, receipt.Status)
	require.Equal(t, "REFUNDED", f.text(`SELECT status FROM payments`))
	require.Zero(t, f.account("dispute-losses:INR"))
	f.requireBooks()
}

// A cascade gives nothing of a disputed charge back either, but it still finishes.
func TestACascadePaysNothingOutForADisputedChargeAndDoesNotWaitForTheBank(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.dispute("pi_1", "needs_response", twoSeats, taken(twoSeats))
	f.closeForSale(booking.CascadeShow, "sh_1")
	req := cancelRequest("bk_1")
	req.Cause = booking.CauseShowCancelled
	done, err := f.steps.CancelSeats(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, booking.RefundFailed, f.send(done.Refunds[0].RefundID).Status)

	progress := f.progress(booking.CascadeShow, "sh_1")

	require.Empty(t, f.bank.refunds)
	require.True(t, progress.Refunds[0].Disputed)
	require.True(t, progress.Done())
	f.requireBooks()
}

func TestAnOperatorClosesARefundAsSoonAsTheBankHasDecided(t *testing.T) {
	t.Parallel()
	f := newDisputeFixture(t)
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.dispute("pi_1", "needs_response", twoSeats, taken(twoSeats))
	id := f.cancelTo(booking.RefundToOriginal, "bk_1").Refunds[0].RefundID
	require.Error(t, second(f.close(id, "1")), "it has not decided")
	f.dispute("pi_1", "lost", twoSeats, taken(twoSeats))

	receipt, err := f.close(id, "2")

	require.NoError(t, err)
	require.Equal(t, booking.RefundClosed, receipt.Status)
	require.Empty(t, f.bank.refunds)
	f.requireBooks()
}
