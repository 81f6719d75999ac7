package booking_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// A repeat after a deployment has to find what the first request made: if the id were derived
// differently, it would pay, cancel or refund a second time.
func TestDerivedIdsNeverChange(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		booking.ID("us_1", "key"):                                  "bk_wtsxsmojwm6m57amm56lnycyee",
		booking.PaymentID("bk_1", "key"):                           "pay_ch5ne3o42ydxxat44mkz3mjgui",
		booking.RefundID("pi_1"):                                   "rf_2gsxisnc5icy3cifaudte4dddq",
		booking.CancellationID("bk_1", nil):                        "cx_nodhbqytyqzi24ozdapuoayfmd",
		booking.CancellationID("bk_1", []string{"A2", "A1", "A2"}): "cx_t6keyvar2hnnbwmkf7uou6hwtz",
		booking.CancellationRefundID("cx_1", booking.TenderCard):   "rf_fkdxk4dkr6b7wnrf64imdy2jz4",
		booking.CancellationRefundID("cx_1", booking.TenderWallet): "rf_6hlt2bcollpdtj5oa5r4r6t4bp",
	} {
		require.Equal(t, want, id)
	}
	require.Equal(t, booking.CancellationID("bk_1", []string{"A1", "A2"}), booking.CancellationID("bk_1", []string{"A2", "A1", "A2"}))
}

func TestOnlyABookingThatHoldsItsSeatsCanBePaid(t *testing.T) {
	t.Parallel()
	for status, payable := range map[booking.Status]bool{
		booking.StatusInitiated: false, booking.StatusSeatsLocked: true, booking.StatusPaymentPending: true, booking.StatusConfirmed: false,
		booking.StatusCompleted: false, booking.StatusFailed: false, booking.StatusExpired: false, booking.StatusCancelled: false,
	} {
		require.Equal(t, payable, status.Payable(), status)
	}
}

func TestATopUpCanBePaidUntilItHasEnded(t *testing.T) {
	t.Parallel()
	for status, open := range map[booking.TopUpStatus]bool{
		booking.TopUpInitiated: true, booking.TopUpProcessing: true, booking.TopUpDeclined: true,
		booking.TopUpSucceeded: false, booking.TopUpExpired: false, booking.TopUpCancelled: false,
	} {
		require.Equal(t, open, status.Open(), status)
	}
}

func TestARefundIsRefusedForNowOrForGood(t *testing.T) {
	t.Parallel()
	for status, refused := range map[booking.RefundStatus]bool{
		booking.RefundInitiated: false, booking.RefundSucceeded: false, booking.RefundFailed: true, booking.RefundNeedsAttention: true,
	} {
		require.Equal(t, refused, status.Refused(), status)
	}
}

func TestAnIntentIsPaidWhenItHasCollectedAnything(t *testing.T) {
	t.Parallel()
	require.False(t, booking.ClosedIntent{}.Paid())
	require.False(t, booking.ClosedIntent{Received: booking.Money{Currency: "INR"}}.Paid())
	require.True(t, booking.ClosedIntent{Received: booking.Money{Amount: 1, Currency: "INR"}}.Paid())
}

func TestLimitsOfATopUpAreThemselvesAllowed(t *testing.T) {
	t.Parallel()
	limits := booking.TopUpLimits{Currency: "INR", Minimum: 100, Maximum: 5000, PerDay: 8000}
	for name, tc := range map[string]struct {
		amount, lastDay int64
		// message is the refusal's text; left is what the daily limit still allows.
		message string
		left    int64
	}{
		"the smallest":                       {amount: 100},
		"less than the smallest":             {amount: 99, message: "A top-up is at least ₹1.00.", left: 8000},
		"the largest":                        {amount: 5000},
		"more than the largest":              {amount: 5001, message: "A top-up is at most ₹50.00.", left: 8000},
		"as much as the day leaves":          {amount: 4000, lastDay: 4000},
		"more than the day leaves":           {amount: 4001, lastDay: 4000, message: "Top-ups of 24 hours are at most ₹80.00; ₹40.00 are left.", left: 4000},
		"a day that is over its limit":       {amount: 100, lastDay: 8001, message: "Top-ups of 24 hours are at most ₹80.00; ₹0.00 are left."},
		"a limit that was lowered meanwhile": {amount: 5001, lastDay: 9000, message: "A top-up is at most ₹50.00."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal := limits.Refuse(tc.amount, tc.lastDay)
			if tc.message == "" {
				require.Nil(t, refusal)
				return
			}
			require.Equal(t, booking.CodeValidation, refusal.Code)
			require.Equal(t, tc.message, refusal.Message)
			require.Equal(t, tc.left, refusal.Details["left"])
		})
	}
}

// A client that repeats a refused request with the same key would get the same refusal for ever.
func TestARefusalThatItsKeyKeepsAsksForANewKey(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]*booking.Refusal{
		"a hold that was not served":   booking.NotServed(),
		"a top-up that was not served": booking.TopUpNotServed("later"),
		"a top-up too many":            booking.TooManyTopUps(),
	} {
		require.Equal(t, true, refusal.Details[booking.DetailNewKey], name)
	}
}

func TestAnEventIsForTheBookingOrTheTopUpThatItNames(t *testing.T) {
	t.Parallel()
	of := booking.PaymentEvent{BookingID: "bk_1"}
	require.Equal(t, [2]string{booking.WorkflowID("bk_1"), "booking"}, [2]string{of.WorkflowID(), of.Subject()})
	of = booking.PaymentEvent{TopUpID: "tu_1"}
	require.Equal(t, [2]string{booking.TopUpWorkflowID("tu_1"), "top-up"}, [2]string{of.WorkflowID(), of.Subject()})
}

func TestACascadeIsDoneWhenNoBookingAndNoMoneyIsUnderWay(t *testing.T) {
	t.Parallel()
	refunds := func(status booking.RefundStatus) []booking.CascadeRefunds {
		return []booking.CascadeRefunds{{Status: booking.RefundSucceeded, Count: 5}, {Status: status, Count: 2}}
	}
	for name, tc := range map[string]struct {
		progress booking.CascadeProgress
		left     int
		waiting  int
		done     bool
	}{
		"nobody was in it":          {done: true},
		"a sold booking is left":    {progress: booking.CascadeProgress{Sold: 1}, left: 1},
		"an unpaid booking is left": {progress: booking.CascadeProgress{Unpaid: 1}, left: 1},
		"both are left":             {progress: booking.CascadeProgress{Sold: 2, Unpaid: 1}, left: 3},
		"a charge is undecided":     {progress: booking.CascadeProgress{Undecided: 1}},
		"a refund is under way":     {progress: booking.CascadeProgress{Refunds: refunds(booking.RefundInitiated)}, waiting: 2},
		"a refund is tried again":   {progress: booking.CascadeProgress{Refunds: refunds(booking.RefundFailed)}, waiting: 2},
		"an operator has to look":   {progress: booking.CascadeProgress{Refunds: refunds(booking.RefundNeedsAttention)}, done: true},
		"a bank has to decide":      {progress: booking.CascadeProgress{Refunds: []booking.CascadeRefunds{{Status: booking.RefundFailed, Disputed: true, Count: 2}}}, done: true},
		"all money has gone back":   {progress: booking.CascadeProgress{Refunds: refunds(booking.RefundSucceeded)}, done: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.left, tc.progress.Left())
			require.Equal(t, tc.waiting, tc.progress.Waiting())
			require.Equal(t, tc.done, tc.progress.Done())
		})
	}
}

func TestAnEventOfACascadeIsNotedOnce(t *testing.T) {
	t.Parallel()
	for status, events := range map[booking.CascadeStatus][]booking.CascadeEvent{
		booking.CascadeCancelling: {},
		booking.CascadeRefunding:  {booking.CascadeAllCancelled},
		booking.CascadeFinished:   {booking.CascadeAllCancelled, booking.CascadeCameToItsEnd},
	} {
		for _, paused := range []bool{false, true} {
			state := booking.CascadeState{Status: status, Paused: paused}
			require.True(t, state.Has(booking.CascadeStarted))
			require.Equal(t, paused, state.Has(booking.CascadePaused))
			require.Equal(t, !paused, state.Has(booking.CascadeResumed))
			for _, event := range []booking.CascadeEvent{booking.CascadeAllCancelled, booking.CascadeCameToItsEnd} {
				require.Equal(t, slices.Contains(events, event), state.Has(event), "%s and %s", status, event)
			}
		}
	}
}

func TestWhichAttemptsCanStillBePaid(t *testing.T) {
	t.Parallel()
	for status, open := range map[booking.PaymentStatus]bool{
		booking.PaymentInitiated: true, booking.PaymentProcessing: true, booking.PaymentDeclined: true, booking.PaymentSucceeded: false,
		booking.PaymentRefunding: false, booking.PaymentRefunded: false, booking.PaymentCancelled: false,
	} {
		require.Equal(t, open, status.Open(), status)
	}
}

func TestALimitOfHoldsIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	nothing, err := booking.HoldLimited("sh_1", []byte("null"))
	require.NoError(t, err)
	require.Nil(t, nothing)

	pause, err := booking.HoldLimited("sh_1", []byte(`{"unpaidHolds": 3, "retryAfterSeconds": 1}`))
	require.NoError(t, err)
	require.Equal(t, booking.CodeRateLimited, pause.Code)
	require.Equal(t, map[string]any{"showId": "sh_1", "unpaidHolds": 3, booking.DetailRetryAfter: 1}, pause.Details)

	full, err := booking.HoldLimited("sh_1", []byte(`{"holds": 3, "maxHolds": 4, "seats": 19, "maxSeats": 20, "bookingId": "bk_1", "retryAfterSeconds": 0}`))
	require.NoError(t, err)
	require.Equal(t, booking.CodeConflict, full.Code)
	require.Equal(t, map[string]any{
		"showId": "sh_1", "holds": 3, "maxHolds": 4, "seats": 19, "maxSeats": 20, "bookingId": "bk_1",
	}, full.Details)

	_, err = booking.HoldLimited("sh_1", []byte(`{"holds": "three"}`))
	require.Error(t, err)
}
