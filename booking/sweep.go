package booking

import "time"

// SweepWorkflow finds what has lost its workflow and gives it another one. Recorded histories hold the name: never change it.
const SweepWorkflow = "Sweep"

// SweepScheduleID is the schedule that starts sweeps.
const SweepScheduleID = "sweep"

// StepFindAbandoned returns Abandoned.
const StepFindAbandoned = "FindAbandoned"

const (
	// SweepAfter is how long after a booking or an attempt should have ended a sweep considers it abandoned.
	// It is longer than every grace, so that a sweep finds nothing unless a workflow was terminated or lost.
	SweepAfter = HoldGrace + 15*time.Minute
	// SweepRefundAfter is the same for refunds, since they were last looked at: longer than their workflows ever wait.
	SweepRefundAfter = 13 * time.Hour
	// SweepUnsentAfter is the same for a refund that was never sent to the provider. Its workflow is started right after
	// it is written, so a refund that waits for longer has lost its workflow, or waits for a provider that is unreachable.
	SweepUnsentAfter = time.Minute
	// SweepMost bounds each list of one sweep. The next sweep finds the rest.
	SweepMost = 100
)

// Abandoned is what should have ended and has not, because an operator terminated its workflow,
// Temporal was restored from an old backup, or an update was lost with the server that held it after
// its step had run. What a sweep does about it is harmless if the workflow is still running.
type Abandoned struct {
	// Bookings are unpaid and long past their deadline.
	Bookings []AbandonedBooking `json:"bookings"`
	// Intents belong to attempts that are open although their booking is over, and to top-ups that should have ended.
	Intents []string `json:"intents"`
	// Refunds were asked for but never sent, or have not been looked at for long.
	Refunds []string `json:"refunds"`
	// Cascades have not finished. Most of them still have their workflow.
	Cascades []CascadeRequest `json:"cascades,omitempty"`
}

// AbandonedBooking is a booking and the intents on which it may have been paid.
type AbandonedBooking struct {
	BookingID string   `json:"bookingId"`
	Intents   []string `json:"intents"`
}

// Sweepings is the result of a sweep: what it has ended, and what it follows again.
type Sweepings struct {
	Bookings    int `json:"bookings"`
	Settlements int `json:"settlements"`
	Refunds     int `json:"refunds"`
	Cascades    int `json:"cascades,omitempty"`
}
