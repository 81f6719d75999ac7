package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

// A request that has already waited for the database must still have its time for the outcome: a
// caller who waits behind a paused step is told so.
func TestACommandThatComesLateLeavesItsOutcomeTheTimeItNeeds(t *testing.T) {
	t.Parallel()
	fake := &fakeTemporal{answer: booking.Payment{}}
	patient := engine.Patience{Accept: 2 * time.Minute, Finish: time.Hour}
	asked := engine.New(fake, patient)

	late, cancel := context.WithTimeout(t.Context(), patient.Finish+time.Minute)
	defer cancel()
	_, err := asked.Pay(late, "bk_1", booking.PayRequest{})
	require.NoError(t, err)
	end, _ := late.Deadline()
	require.Equal(t, end.Add(-patient.Finish), fake.acceptBy)

	// A caller with even less time waits as long as a command may take to be accepted.
	short, cancelShort := context.WithTimeout(t.Context(), patient.Finish/2)
	defer cancelShort()
	before := time.Now()
	_, err = asked.Pay(short, "bk_1", booking.PayRequest{})
	require.NoError(t, err)
	require.False(t, fake.acceptBy.Before(before.Add(patient.Accept)))
	require.False(t, fake.acceptBy.After(time.Now().Add(patient.Accept)))
}

// A booking that takes no more attempts is over for its customer; a refund accepts commands again when its workflow runs again.
func TestTheRefusalBeyondTheLimitOfCommandsFitsItsCaller(t *testing.T) {
	t.Parallel()
	asked, fake := withEngine(t)
	fake.failure = serviceerror.NewFailedPrecondition("limit on the total number of distinct updates exceeded")
	_, err := asked.Pay(t.Context(), "bk_1", booking.PayRequest{})
	message, _ := refused(t, err, booking.CodeConflict)
	require.Contains(t, message, "Book again")

	message, _ = refused(t, asked.RetryRefund(t.Context(), booking.RefundCommand{RefundID: "re_1"}), booking.CodeConflict)
	require.Contains(t, message, "Try again later")
}
