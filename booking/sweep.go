package booking

import "time"

// SweepWorkflow finds what lost its workflow and gives it another one. Recorded histories hold the name: never change it.
const SweepWorkflow = "Sweep"

// SweepScheduleID is the schedule that has sweeps made.
const SweepScheduleID = "sweep"

// StepFindAbandoned returns Abandoned.
const StepFindAbandoned = "FindAbandoned"

const (
	// SweepAfter is how long after the moment at which a booking or an attempt should have ended a sweep takes it for abandoned. It is
	// beyond every grace, so that a sweep finds nothing unless a workflow was terminated or lost.
	SweepAfter = HoldGrace + 15*time.Minute
	// SweepRefundAfter is the same for a refund since it was looked at last: longer than its workflow ever waits.
	SweepRefundAfter = 13 * time.Hour
	// SweepUnsentAfter is the same for a refund of which the provider knows nothing yet. Its workflow is started within the moment that writes it, so that
	// one that waits for longer has lost it, or waits for a provider that is away.
	SweepUnsentAfter = time.Minute
	// SweepMost bounds each list of one sweep. The next sweep finds the rest.
	SweepMost = 100
)

// Abandoned is what should have ended and has not, because an operator terminated its workflow, Temporal was restored from
// an old backup, or an update was lost with the server that held it after its step had been taken. What a sweep does about it is harmless when the workflow lives after all.
type Abandoned struct {
	// Bookings are unpaid and long past their deadline.
	Bookings []AbandonedBooking `json:"bookings"`
	// Intents belong to attempts that are open although their booking is over, and to top-ups that should have ended.
	Intents []string `json:"intents"`
	// Refunds have been asked for, and were never sent, or nobody has looked how they stand for long.
	Refunds []string `json:"refunds"`
	// Cascades have not finished. Most of them have their workflow.
	Cascades []CascadeRequest `json:"cascades,omitempty"`
}

// AbandonedBooking is a booking and the intents on which it may have been paid.
type AbandonedBooking struct {
	BookingID string   `json:"bookingId"`
	Intents   []string `json:"intents"`
}

// Sweepings is the result of a sweep: what has ended, and what is followed again.
type Sweepings struct {
	Bookings    int `json:"bookings"`
	Settlements int `json:"settlements"`
	Refunds     int `json:"refunds"`
	Cascades    int `json:"cascades,omitempty"`
}
