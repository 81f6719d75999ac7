package activities_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

func topUpOf(id, user string, amount int64) booking.TopUpRequest {
	return booking.TopUpRequest{
		TopUpID: id, UserID: user, Amount: booking.Money{Amount: amount, Currency: "INR"}, RequestHash: "hash of " + id, CorrelationID: "test",
	}
}

// topUp is a top-up of asha's that can be paid.
func (f *fixture) topUp(id string, amount int64) booking.TopUpCredit {
	f.t.Helper()
	req := topUpOf(id, "us_asha", amount)
	_, err := f.steps.OpenTopUp(f.t.Context(), req)
	require.NoError(f.t, err)
	intent, err := f.steps.OpenTopUpIntent(f.t.Context(), req)
	require.NoError(f.t, err)
	return booking.TopUpCredit{TopUpID: id, IntentID: intent.IntentID, Received: req.Amount, Reason: "test"}
}

func (f *fixture) topUpStatus(id string) string {
	f.t.Helper()
	return f.text(`SELECT status FROM top_ups WHERE id = $1`, id)
}

func (f *fixture) noteTopUp(id string, status booking.TopUpStatus) booking.TopUpStatus {
	f.t.Helper()
	noted, err := f.steps.NoteTopUp(f.t.Context(), booking.TopUpNote{TopUpID: id, Status: status, DeclineCode: "code"})
	require.NoError(f.t, err)
	return noted.Status
}

func TestATopUpIsOpenedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, err := f.steps.OpenTopUp(t.Context(), topUpOf("tu_1", "us_asha", 50000))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(booking.TopUpTime), first.ExpiresAt, time.Minute)

	again, err := f.steps.OpenTopUp(t.Context(), topUpOf("tu_1", "us_asha", 50000))

	require.NoError(t, err)
	require.Equal(t, booking.TopUpOpening{ExpiresAt: first.ExpiresAt, Status: booking.TopUpInitiated}, again)
	intent, err := f.steps.OpenTopUpIntent(t.Context(), topUpOf("tu_1", "us_asha", 50000))
	require.NoError(t, err)
	again, err = f.steps.OpenTopUp(t.Context(), topUpOf("tu_1", "us_asha", 50000))
	require.NoError(t, err)
	require.Equal(t, intent.IntentID, again.IntentID, "whoever begins again learns on what it may be paid")
	require.Equal(t, 1, f.count(`SELECT count(*) FROM top_ups`))
	require.Equal(t, "hash of tu_1 test", f.text(`SELECT concat_ws(' ', request_hash, correlation_id) FROM top_ups`))
	other := topUpOf("tu_1", "us_asha", 60000)
	other.RequestHash = "another"
	_, err = f.steps.OpenTopUp(t.Context(), other)
	requireRefusal(t, err, booking.CodeIdempotencyKeyReused)
}

func TestATopUpOpensTheWallet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	req := topUpOf("tu_1", "us_ben", 50000)
	req.Amount.Currency = "GBP"

	_, err := f.steps.OpenTopUp(t.Context(), req)

	require.NoError(t, err)
	require.Equal(t, 2, f.count(`SELECT count(*) FROM ledger_accounts WHERE user_id = 'us_ben' AND currency = 'GBP' AND balance = 0`))
}

func TestTopUpsOutsideOfTheLimitsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`UPDATE currencies SET minimum_charge = 250 WHERE code = 'USD'; DELETE FROM top_up_limits WHERE currency = 'EUR'`)
	for name, test := range map[string]struct {
		money booking.Money
		field string
	}{
		"nothing":                        {booking.Money{Amount: 0, Currency: "INR"}, "amount"},
		"less than nothing":              {booking.Money{Amount: -100, Currency: "INR"}, "amount"},
		"below the minimum":              {booking.Money{Amount: 99, Currency: "INR"}, "amount"},
		"above the maximum":              {booking.Money{Amount: 1000001, Currency: "INR"}, "amount"},
		"huge":                           {booking.Money{Amount: 1<<63 - 1, Currency: "INR"}, "amount"},
		"below what a card can pay":      {booking.Money{Amount: 249, Currency: "USD"}, "amount"},
		"a currency without limits":      {booking.Money{Amount: 1000, Currency: "EUR"}, "currency"},
		"a currency that does not exist": {booking.Money{Amount: 1000, Currency: "XYZ"}, "currency"},
	} {
		req := topUpOf("tu_1", "us_ben", 0)
		req.Amount = test.money
		_, err := f.steps.OpenTopUp(t.Context(), req)
		refusal := refusalOf(t, err, booking.CodeValidation)
		require.Equal(t, test.field, refusal.Details["field"], name)
	}
	require.Equal(t, 0, f.count(`SELECT count(*) FROM top_ups`))
	require.Equal(t, 0, f.count(`SELECT count(*) FROM ledger_accounts WHERE user_id = 'us_ben'`))
	for i, amount := range []int64{100, 1000000} {
		_, err := f.steps.OpenTopUp(t.Context(), topUpOf(fmt.Sprint("tu_", i), "us_ben", amount))
		require.NoError(t, err, "the limits themselves are within")
	}
}

func TestTheDailyLimitCountsWhatIsPaidOrMayStillBe(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	paid := f.topUp("tu_paid", 900000)
	require.NoError(t, f.steps.CreditTopUp(t.Context(), paid))
	f.topUp("tu_open", 900000)
	for i, ended := range []booking.TopUpStatus{booking.TopUpExpired, booking.TopUpCancelled} {
		id := fmt.Sprint("tu_ended_", i)
		f.topUp(id, 300000)
		f.noteTopUp(id, ended)
	}
	_, err := f.steps.OpenTopUp(t.Context(), topUpOf("tu_more", "us_asha", 700001))
	refusal := refusalOf(t, err, booking.CodeValidation)
	require.EqualValues(t, 700000, refusal.Details["left"])
	require.EqualValues(t, 2500000, refusal.Details["perDay"])
	require.Contains(t, refusal.Message, "₹")
	other := topUpOf("tu_other", "us_asha", 1000000)
	other.Amount.Currency = "GBP"
	_, err = f.steps.OpenTopUp(t.Context(), other)
	require.NoError(t, err, "another wallet has limits of its own")

	f.exec(`UPDATE top_ups SET created_at = now() - interval '24 hours 1 second' WHERE id = 'tu_paid'`)
	f.topUp("tu_more", 1000000)
}

func TestOnlyALimitedNumberOfTopUpsWaitToBePaid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range booking.MaxOpenTopUps {
		f.topUp(fmt.Sprint("tu_", i), 100)
	}
	_, err := f.steps.OpenTopUp(t.Context(), topUpOf("tu_more", "us_asha", 100))
	refusal := refusalOf(t, err, booking.CodeConflict)
	require.EqualValues(t, booking.MaxOpenTopUps, refusal.Details["maxOpen"])

	f.noteTopUp("tu_0", booking.TopUpExpired)
	f.topUp("tu_another", 100)
}

func TestTheDailyLimitIsExactWhenManyTopUpAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var group sync.WaitGroup
	errs := make([]error, 40) // of 200,000 each; the day allows 2,500,000. Ben has no wallet yet.
	for i := range errs {
		group.Go(func() {
			_, errs[i] = f.steps.OpenTopUp(t.Context(), topUpOf(fmt.Sprint("tu_", i), "us_ben", 200000))
		})
	}
	group.Wait()

	opened := 0
	for _, err := range errs {
		if err == nil {
			opened++
			continue
		}
		requireRefusal(t, err, booking.CodeValidation)
	}
	require.Equal(t, 12, opened)
	require.Equal(t, 2400000, f.count(`SELECT sum(amount) FROM top_ups`))
}

func TestTheIntentOfATopUpIsMadeOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	req := topUpOf("tu_1", "us_asha", 50000)
	_, err := f.steps.OpenTopUp(t.Context(), req)
	require.NoError(t, err)
	f.bank.failNext = &provider.Error{Kind: provider.KindUnavailable}
	_, err = f.steps.OpenTopUpIntent(t.Context(), req)
	require.Error(t, err, "it was made, but the answer got lost")
	require.Equal(t, "INITIATED", f.topUpStatus("tu_1"), "the provider may still collect it")

	intent, err := f.steps.OpenTopUpIntent(t.Context(), req)

	require.NoError(t, err)
	require.Len(t, f.bank.intents, 1)
	require.Equal(t, "tu_1", f.bank.intents[intent.IntentID].TopUpID)
	require.Equal(t, intent.IntentID, f.text(`SELECT intent_id FROM top_ups`))
	require.NotEmpty(t, intent.ClientSecret)
	require.NotEqual(t, intent.IntentID, f.topUp("tu_2", 50000).IntentID, "another top-up has an intent of its own")
}

// An error that does not come from the provider says nothing about the intent: a context that has ended, for example.
func TestATopUpSurvivesAFailureOnTheWayToTheProvider(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	req := topUpOf("tu_1", "us_asha", 50000)
	_, err := f.steps.OpenTopUp(t.Context(), req)
	require.NoError(t, err)
	f.bank.failNext = context.DeadlineExceeded

	_, err = f.steps.OpenTopUpIntent(t.Context(), req)

	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, "INITIATED", f.topUpStatus("tu_1"))
}

func TestATopUpThatTheProviderRefusesIsCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	req := topUpOf("tu_1", "us_asha", 50000)
	_, err := f.steps.OpenTopUp(t.Context(), req)
	require.NoError(t, err)
	f.bank.failNext = &provider.Error{Kind: provider.KindRejected, Code: "amount_too_small"}

	_, err = f.steps.OpenTopUpIntent(t.Context(), req)

	require.Equal(t, "amount_too_small", refusalOf(t, err, booking.CodePaymentFailed).Details["reason"])
	require.Equal(t, "CANCELLED", f.topUpStatus("tu_1"))
	require.Equal(t, "amount_too_small", f.text(`SELECT decline_code FROM top_ups`))
}

func TestCreditPutsTheMoneyIntoTheWalletOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	credit := f.topUp("tu_1", 50000)
	var credits sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		credits.Go(func() { errs[i] = f.steps.CreditTopUp(t.Context(), credit) })
	}
	credits.Wait()

	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 150000, f.wallet("us_asha"))
	require.Equal(t, "SUCCEEDED", f.topUpStatus("tu_1"))
	require.Equal(t, -50000, f.count(`SELECT sum(amount) FROM ledger_entries WHERE account_id = 'card-clearing:INR' AND reference = 'tu_1'`))
	require.Equal(t, "TOP_UP test", f.text(`SELECT concat_ws(' ', kind, reason) FROM ledger_transactions WHERE reference = 'tu_1'`))
	require.Equal(t, 0, f.count(saleSums))
}

func TestATopUpThatHasEndedKeepsItsEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	credit := f.topUp("tu_1", 50000)
	require.Equal(t, booking.TopUpDeclined, f.noteTopUp("tu_1", booking.TopUpDeclined))
	require.Equal(t, "code", f.text(`SELECT decline_code FROM top_ups`))
	require.Equal(t, booking.TopUpProcessing, f.noteTopUp("tu_1", booking.TopUpProcessing))
	require.NoError(t, f.steps.CreditTopUp(t.Context(), credit))
	for _, late := range []booking.TopUpStatus{booking.TopUpDeclined, booking.TopUpExpired, booking.TopUpCancelled} {
		require.Equal(t, booking.TopUpSucceeded, f.noteTopUp("tu_1", late))
	}
	require.Empty(t, f.noteTopUp("tu_none", booking.TopUpExpired))
}

func (f *fixture) settleTopUp(credit booking.TopUpCredit) booking.SettlementDecision {
	f.t.Helper()
	decision, err := f.steps.SettleMoney(f.t.Context(), booking.Settlement{Intent: booking.ClosedIntent{
		IntentID: credit.IntentID, Received: credit.Received, TopUpID: credit.TopUpID,
	}})
	require.NoError(f.t, err)
	return decision
}

func TestLateMoneyOfATopUpIsCredited(t *testing.T) {
	t.Parallel()
	for _, ended := range []booking.TopUpStatus{booking.TopUpProcessing, booking.TopUpExpired, booking.TopUpCancelled} {
		t.Run(string(ended), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			credit := f.topUp("tu_1", 50000)
			f.noteTopUp("tu_1", ended)

			require.Equal(t, booking.SettledCredited, f.settleTopUp(credit).Result)
			require.Equal(t, booking.SettledAlready, f.settleTopUp(credit).Result, "and once more is harmless")

			require.Equal(t, 150000, f.wallet("us_asha"))
			require.Equal(t, "SUCCEEDED", f.topUpStatus("tu_1"))
			require.Equal(t, 0, f.count(`SELECT count(*) FROM flags`))
		})
	}
}

func TestATopUpThatWasCutOffBeforeItWroteItsIntentIsCredited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	credit := f.topUp("tu_1", 50000)
	f.exec(`UPDATE top_ups SET intent_id = NULL`)

	require.Equal(t, booking.SettledCredited, f.settleTopUp(credit).Result)

	require.Equal(t, credit.IntentID, f.text(`SELECT intent_id FROM top_ups`))
}

func TestMoneyThatNoTopUpAskedForGoesBackAndIsFlagged(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*fixture, *booking.TopUpCredit){
		"the amount is another":   func(_ *fixture, c *booking.TopUpCredit) { c.Received.Amount++ },
		"the currency is another": func(_ *fixture, c *booking.TopUpCredit) { c.Received.Currency = "USD" },
		"the top-up is unknown":   func(_ *fixture, c *booking.TopUpCredit) { c.TopUpID = "tu_unknown" },
		"it is paid on another intent": func(f *fixture, c *booking.TopUpCredit) {
			require.NoError(f.t, f.steps.CreditTopUp(f.t.Context(), *c))
			c.IntentID = "pi_other"
		},
		"the ledger does not take it": func(f *fixture, _ *booking.TopUpCredit) {
			f.exec(`ALTER TABLE ledger_transactions ADD CONSTRAINT damaged CHECK (kind <> 'TOP_UP') NOT VALID`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			credit := f.topUp("tu_1", 50000)
			prepare(f, &credit)
			balance, status := f.wallet("us_asha"), f.topUpStatus("tu_1")

			for range 2 {
				decision := f.settleTopUp(credit)
				require.Equal(t, booking.SettledRefunded, decision.Result)
				require.NotEmpty(t, decision.Reason)
			}

			require.Equal(t, balance, f.wallet("us_asha"))
			require.Equal(t, status, f.topUpStatus("tu_1"))
			require.Equal(t, 1, f.count(`SELECT count(*) FROM flags WHERE kind = 'STRAY_MONEY' AND subject = $1`, credit.IntentID))
		})
	}
}

func TestMoneyOfATopUpThatIsOnItsWayBackIsNotCredited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	credit := f.topUp("tu_1", 50000)
	f.bank.pay(credit.IntentID)
	_, err := f.steps.RefundIntent(t.Context(), booking.RefundOrder{
		RefundID: booking.RefundID(credit.IntentID), IntentID: credit.IntentID, Amount: credit.Received, Reason: "test", CorrelationID: "test",
	})
	require.NoError(t, err)

	requireRefusal(t, f.steps.CreditTopUp(t.Context(), credit), booking.CodeInvalidState)
	require.Equal(t, booking.SettledRefunded, f.settleTopUp(credit).Result)

	require.Equal(t, 100000, f.wallet("us_asha"))
	require.Equal(t, 0, f.count(`SELECT count(*) FROM flags`))
}

func TestADatabaseThatIsAwayIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	credit := f.topUp("tu_1", 50000)
	f.exec(`REVOKE UPDATE (status) ON top_ups FROM boxoffice_worker`) // an error that is neither an answer nor a defect

	_, err := f.steps.SettleMoney(t.Context(), booking.Settlement{Intent: booking.ClosedIntent{
		IntentID: credit.IntentID, Received: credit.Received, TopUpID: credit.TopUpID,
	}})

	require.Error(t, err)
	var appErr *temporal.ApplicationError
	require.False(t, errors.As(err, &appErr) && appErr.NonRetryable())
	require.Equal(t, 0, f.count(`SELECT count(*) FROM flags`))
}
