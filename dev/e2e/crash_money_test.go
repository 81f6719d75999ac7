package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// The steps of a hybrid booking and of its refund, in the order in which they are taken.
const (
	whileLocking    = "while the seats are locked"
	whileReserving  = "while the wallet's part is set aside"
	whileOpening    = "after the provider made the intent and before we know it"
	beforeCharge    = "before the card is charged"
	whileConfirming = "in the middle of the confirmation"
	whileCancelling = "in the middle of the cancellation"
	whileRefunding  = "after the provider made the refund and before we know it"
)

var moneySteps = []string{whileLocking, whileReserving, whileOpening, beforeCharge, whileConfirming, whileCancelling, whileRefunding}

// The worker, the API and PostgreSQL are killed with SIGKILL at each step of a booking that is paid from the wallet and by card,
// and then cancelled. The customer repeats what was not answered. In the end everything has happened once.
func TestAnyPartMayDieAtAnyStepOfAHybridBookingAndItsRefund(t *testing.T) {
	t.Parallel()
	for _, part := range []stack.Part{stack.Worker, stack.API, stack.Postgres} {
		t.Run(string(part), func(t *testing.T) {
			t.Parallel()
			sys := ownSystem(t)
			for i, step := range moneySteps {
				t.Run(step, func(t *testing.T) {
					j := &moneyJourney{system: sys, t: t, part: part, dies: step, key: fmt.Sprintf("money-journey-%d", i)}
					j.play()
				})
			}
			sys.audit(t)
		})
	}
}

// moneyJourney is one customer's way from the seats to the refund, in which a part dies at one step.
type moneyJourney struct {
	*system
	t     *testing.T
	part  stack.Part
	dies  string
	key   string
	buyer *customer.Customer
	tries int
}

func (j *moneyJourney) play() {
	t := j.t
	j.buyer = j.system.buyer(t, "buyer", 15000)
	show := j.show(t, 5*time.Minute)

	held := j.book(show)
	payment := j.pay(held.BookingId)
	require.Equal(t, []openapi.Tender{{Tender: booking.TenderWallet, Amount: 15000}, {Tender: booking.TenderCard, Amount: 5000}}, payment.Tenders)
	j.useCard(held.BookingId, payment)
	j.requireSold(t, show, 2)
	require.EqualValues(t, 0, j.free())

	cancelled := j.cancel(held.BookingId)
	require.Equal(t, booking.StatusCancelled, cancelled.Status)
	require.Equal(t, 0, j.count(t, `SELECT count(*) FROM claims WHERE show_id = $1`, show), "the seats are on sale again")
	var byCard, toWallet int64
	eventually(t, "all refunds have succeeded", func() bool {
		b, err := j.buyer.Booking(t.Context(), held.BookingId)
		if err != nil || len(b.Refunds) != 2 {
			return false
		}
		byCard, toWallet = 0, 0
		for _, refund := range b.Refunds {
			switch {
			case refund.Status != booking.RefundSucceeded:
				return false
			case refund.Tender == booking.TenderCard:
				byCard += refund.Amount
			default:
				toWallet += refund.Amount
			}
		}
		return true
	})
	require.Equal(t, toWallet, j.free())
	collected, returned := j.moneyOf(t, held.BookingId)
	require.EqualValues(t, 5000, collected, "one charge")
	require.Equal(t, byCard, returned, "one refund")
	require.Positive(t, returned)
}

func (j *moneyJourney) free() int64 {
	j.t.Helper()
	wallet, err := j.buyer.Wallet(j.t.Context())
	require.NoError(j.t, err)
	at := slices.IndexFunc(wallet.Balances, func(b openapi.Balance) bool { return b.Currency == "INR" })
	require.EqualValues(j.t, 0, wallet.Balances[at].Reserved)
	return wallet.Balances[at].Available
}

func (j *moneyJourney) book(show string) (held openapi.Booking) {
	j.persist(whileLocking, `LOCK TABLE claims IN EXCLUSIVE MODE`, nil, func(ctx context.Context, key string) (err error) {
		held, err = j.buyer.Book(ctx, key+"-book", show, "A1", "A2")
		return err
	})
	return held
}

func (j *moneyJourney) pay(bookingID string) (payment openapi.Payment) {
	step, lock := whileReserving, `LOCK TABLE payments IN EXCLUSIVE MODE`
	if j.dies == whileOpening {
		step, lock = whileOpening, ""
		j.requestFault(j.t, stripesim.RequestFault{Operation: stripesim.OpCreateIntent, Mode: stripesim.HangAfter, Times: 1})
	}
	j.persist(step, lock, func() bool { return len(j.intentsOf(j.t, bookingID)) > 0 }, func(ctx context.Context, key string) (err error) {
		payment, err = j.buyer.Pay(ctx, key+"-pay", bookingID, booking.MethodWalletAndCard)
		if err == nil && (payment.ProviderPayload == nil || payment.ProviderPayload.ClientSecret == nil) {
			return errors.New("the payment cannot be paid")
		}
		return err
	})
	return payment
}

// useCard pays the intent, once: what happens then is the provider's and our affair.
func (j *moneyJourney) useCard(bookingID string, payment openapi.Payment) {
	charge := func() {
		if _, err := j.buyer.EnterCard(j.t.Context(), payment, "pm_card_visa"); err != nil {
			j.t.Errorf("enter card: %v", err)
		}
	}
	switch j.dies {
	case beforeCharge:
		require.NoError(j.t, j.Kill(j.part))
		charge()
		j.revive()
	case whileConfirming:
		j.killDuring(`LOCK TABLE ledger_transactions IN EXCLUSIVE MODE`, nil, charge)
	default:
		charge()
	}
	await(j.t, j.buyer, bookingID, booking.StatusConfirmed)
}

// revive starts the dead part again. The test's own connections to a database that died are dead, too.
func (j *moneyJourney) revive() {
	j.t.Helper()
	require.NoError(j.t, j.StartPart(j.t.Context(), j.part))
	if j.part == stack.Postgres {
		j.Owner.Reset()
	}
}

func (j *moneyJourney) cancel(bookingID string) (cancelled openapi.Cancellation) {
	step, lock := whileCancelling, `LOCK TABLE cancellations IN EXCLUSIVE MODE`
	if j.dies == whileRefunding {
		step, lock = whileRefunding, ""
		j.requestFault(j.t, stripesim.RequestFault{Operation: stripesim.OpCreateRefund, Mode: stripesim.HangAfter, Times: 1})
	}
	j.persist(step, lock, func() bool { _, returned := j.moneyOf(j.t, bookingID); return returned > 0 }, func(ctx context.Context, _ string) (err error) {
		cancelled, err = j.buyer.Cancel(ctx, bookingID)
		return err
	})
	return cancelled
}

// persist does something until it succeeds. If the part dies at this step, it is killed during the first try: while a lock holds it up or, without
// one, as soon as the provider has acted.
func (j *moneyJourney) persist(step, lock string, acted func() bool, do func(ctx context.Context, key string) error) {
	j.t.Helper()
	if step == j.dies {
		j.killDuring(lock, acted, func() { _ = do(j.t.Context(), j.key) })
	}
	eventually(j.t, step+", it succeeds in the end", func() bool {
		err := do(j.t.Context(), j.attemptKey())
		if refused, ok := errors.AsType[*customer.Refused](err); ok && refused.Detail(booking.DetailNewKey) != nil {
			j.tries++
		}
		return err == nil
	})
}

// attemptKey changes when the system says that the old key will never get another answer.
func (j *moneyJourney) attemptKey() string {
	if j.tries == 0 {
		return j.key
	}
	return fmt.Sprintf("%s-%d", j.key, j.tries)
}

func (j *moneyJourney) killDuring(lock string, acted func() bool, do func()) {
	j.t.Helper()
	ctx := j.t.Context()
	waiting := acted
	var unlock func()
	if lock != "" {
		tx, err := j.Owner.Begin(ctx)
		require.NoError(j.t, err)
		_, err = tx.Exec(ctx, lock)
		require.NoError(j.t, err)
		waiting = func() bool { return j.workerWaits(j.t) }
		unlock = func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	eventually(j.t, "the step is under way", waiting)
	require.NoError(j.t, j.Kill(j.part))
	if unlock != nil {
		unlock()
	}
	j.revive()
	<-done
}
