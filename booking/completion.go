package booking

import (
	"fmt"
	"time"
)

// CompleteShowsWorkflow completes the bookings of shows that are over. Recorded histories hold the name: never change it.
const CompleteShowsWorkflow = "CompleteShows"

// CompleteShowsScheduleID is the schedule that completes shows.
const CompleteShowsScheduleID = "complete-shows"

// StepCompleteShows returns CompletedShows.
const StepCompleteShows = "CompleteShows"

const (
	// CompletionGrace is how long after the end of a show its bookings are completed. Until the end the
	// show may be cancelled; the grace lets an operation that was begun by then finish first.
	CompletionGrace = 15 * time.Minute
	// CompletionShows is how many shows with confirmed bookings one statement looks at.
	CompletionShows = 500
	// CompletionBatch is how many bookings are completed in one transaction.
	CompletionBatch = 1000
)

// CompletedShows is the result of a completion: how many bookings of how many shows have become
// COMPLETED. A completion that was cut off and repeated counts only what the repeat did.
type CompletedShows struct {
	Shows    int `json:"shows"`
	Bookings int `json:"bookings"`
	// Attended and NoShows count the bookings of which this is known.
	Attended int `json:"attended"`
	NoShows  int `json:"noShows"`
}

// String shows the result to operators.
func (c CompletedShows) String() string {
	return fmt.Sprintf("Completed %d bookings of %d shows: %d attended, %d no-shows.", c.Bookings, c.Shows, c.Attended, c.NoShows)
}

// Attendance is whether the customer of a completed booking came to the show.
type Attendance string

// The attendances.
const (
	Attended Attendance = "ATTENDED"
	NoShow   Attendance = "NO_SHOW"
	// AttendanceUnknown: no ticket of the show was scanned at all.
	AttendanceUnknown Attendance = "UNKNOWN"
)

// CheckInOpens is how long before its start a show's check-in opens. It closes at the end of the show.
const CheckInOpens = time.Hour
