package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
)

func bookingOf(id string, show int, seats ...string) openapi.Booking {
	return openapi.Booking{BookingId: id, Show: openapi.BookedShow{ShowId: showID(show)}, Seats: seats}
}

// A short run against the real system: each of its parts is killed, customers and provider do what they do, and in the end nothing is lost.
func TestAShortRunSurvives(t *testing.T) {
	t.Parallel()
	var told strings.Builder
	r, err := carryOut(t.Context(), options{seed: shortSeed, duration: 26 * time.Second, customers: 6, settle: 10 * time.Minute, patience: 5 * time.Minute, busy: true}, &told)
	require.NoError(t, err, "%s", &told)
	r.print(&told)
	t.Log(told.String())
	require.Zero(t, r.Broken, "%v", r.Breaches)
	require.NotEmpty(t, r.Books.Checks)
	require.Positive(t, r.Books.Bookings["CONFIRMED"], "somebody got seats")
	for _, part := range parts {
		killed, _, _, _ := r.blowsTo(part)
		require.Positive(t, killed, "%s", part)
	}
}

// shortSeed is a seed whose first kills are short and whose faults cost no long waits.
const shortSeed = 3
