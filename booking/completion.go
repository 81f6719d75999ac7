package booking

import (
	"fmt"
	"time"
)

// CompleteShowsWorkflow completes the bookings of shows that are over. Recorded histories hold the name: never change it.
const CompleteShowsWorkflow = "CompleteShows"

// CompleteShowsScheduleID is the schedule that has shows completed.
const CompleteShowsScheduleID = "complete-shows"

// StepCompleteShows returns CompletedShows.
const StepCompleteShows = "CompleteShows"

const (
	// CompletionGrace is how long after the end of a show its bookings are completed. Until the end the show may be cancelled; what
	// an operator has begun by then may end before.
	CompletionGrace = 15 * time.Minute
	// CompletionShows is how many shows with confirmed bookings a completion looks at in one statement.
	CompletionShows = 500
	// CompletionBatch is how many bookings a completion moves in one transaction.
	CompletionBatch = 1000
)

// CompletedShows is the result of a completion: how many bookings of how many shows have become COMPLETED. One that was cut off
// and repeated counts only what was left for the repeat.
type CompletedShows struct {
	Shows    int `json:"shows"`
	Bookings int `json:"bookings"`
	// Attended and NoShows are those of the bookings of which this is known.
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
	// AttendanceUnknown is that of a show of which no ticket was scanned at all.
	AttendanceUnknown Attendance = "UNKNOWN"
)

// CheckInOpens is how long before the start of a show its tickets are scanned first. Check-in closes with the end of the show.
const CheckInOpens = time.Hour
