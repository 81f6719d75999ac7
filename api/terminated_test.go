package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// The workers were away, and an operator has terminated what waited for them: nothing was written, and the key will find nothing else.
func TestWhatWasTerminatedBeforeItsFirstTaskNeedsANewKey(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]error{
		"terminated": &temporal.TerminatedError{}, "timed out": temporal.NewTimeoutError(0, nil), "cancelled": temporal.NewCanceledError(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) {
				return booking.Hold{}, serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", "")
			}
			b.temporal.onResult = func(string) (booking.Outcome, error) { return booking.Outcome{}, end }
			for range 2 {
				answer := b.post(asha, bookings, "booking-key-1", map[string]any{"showId": "sh_hindi", "seatIds": []string{"A1"}})
				require.Equal(t, true, answer.refuses(http.StatusConflict, booking.CodeConflict)[booking.DetailNewKey])
			}

			b.temporal.onTopUp = func(booking.TopUpRequest) (booking.TopUp, error) {
				return booking.TopUp{}, serviceerror.NewWorkflowExecutionAlreadyStarted("already", "", "")
			}
			b.temporal.onTopUpResult = func(string) (booking.TopUpOutcome, error) { return booking.TopUpOutcome{}, end }
			answer := b.post(asha, "/api/v1/wallet/top-ups", "top-up-key-1", map[string]any{"amount": 50000, "currency": "INR"})
			require.Equal(t, true, answer.refuses(http.StatusConflict, booking.CodeConflict)[booking.DetailNewKey])
		})
	}
}

func TestABookingWithoutItsWorkflowIsCancelledAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	b.temporal.onRun = func(options client.StartWorkflowOptions, input any) (any, error) {
		request := must[booking.ExpireRequest](input)
		require.Equal(t, booking.EndAbandonedWorkflowID("bk_1"), options.ID)
		require.Equal(t, booking.StatusCancelled, request.To)
		require.Equal(t, string(booking.ActorCustomer), request.Actor)
		b.end("bk_1", booking.StatusCancelled, request.Actor, request.Reason)
		return booking.Expiry{BookingID: "bk_1", Status: booking.StatusCancelled}, nil
	}
	for range 2 {
		var done openapi.Cancellation
		b.cancel(asha, "bk_1", nil).is(http.StatusOK, &done)
		require.Equal(t, booking.StatusCancelled, done.Status)
	}
	require.Len(t, b.temporal.starts, 1)
}
