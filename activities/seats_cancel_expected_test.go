package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestNothingIsCancelledForAnotherSumThanTheCustomerWasTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.showIn("47 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	told := int64(twoSeats) // by the tier that has just ended
	request := cancelRequest("bk_1")
	request.Expected = &told

	_, err := f.steps.CancelSeats(t.Context(), request)

	now := int64(twoSeats * 75 / 100)
	require.EqualValues(t, now, refusalOf(t, err, booking.CodeConflict).Details["refund"])
	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
	f.requireSeats("bk_1", "SOLD", 2)
	require.Equal(t, 0, f.count(`SELECT count(*) FROM cancellations`))
	f.requireBooks()

	request.Expected = &now
	done, err := f.steps.CancelSeats(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, now, done.Amount.Amount)
	request.Expected = &told
	again, err := f.steps.CancelSeats(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, done, again, "a repeat answers with what was done, whatever it expects")
	f.requireBooks()
}
