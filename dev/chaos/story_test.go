package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// A booking that still waits for money long after its hold is a defect, not bad luck.
func TestABookingThatHangsIsNoticed(t *testing.T) {
	t.Parallel()
	c := &chaos{options: options{patience: 700 * time.Millisecond}, record: newRecord(), outages: &outages{}, memory: newMemory()}
	told := tellingTo(t, c, func(w http.ResponseWriter) {
		b := bookingOf("bk_1", 1, "A1")
		b.Status = booking.StatusPaymentPending
		_ = json.NewEncoder(w).Encode(b)
	})
	told.held = bookingOf("bk_1", 1, "A1")
	told.held.ExpiresAt = time.Now()
	_, err := told.awaitEnd(t.Context())
	require.Error(t, err)
	breaches, _ := c.record.found()
	require.Len(t, breaches, 1)
	require.Contains(t, breaches[0].What, "PAYMENT_PENDING")
}
