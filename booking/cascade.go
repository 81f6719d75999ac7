package booking

// CascadeWorkflow cancels all bookings of shows that will not take place. Recorded histories hold the name: never change it.
const CascadeWorkflow = "Cascade"

// Names by which Temporal knows a cascade. Recorded histories hold them: never change one.
const (
	// UpdateBegin is sent together with the start of a cascade. It answers with a CascadeState once no
	// more seats can be sold, or fails with a Refusal.
	UpdateBegin = "begin"
	// UpdatePause and UpdateResume take a CascadeCommand and answer with a CascadeState.
	UpdatePause  = "pause"
	UpdateResume = "resume"
	// QueryProgress answers with a CascadeProgress.
	QueryProgress = "progress"
	// SignalShowCancelled tells a booking that is being paid that its show is cancelled. It carries a ShowCancelled.
	SignalShowCancelled = "show-cancelled"
)

const (
	// CascadePageSize is how many bookings a cascade reads at once.
	CascadePageSize = 100
	// CascadeWindow is how many bookings a cascade cancels at once.
	CascadeWindow = 20
	// CascadePriority is the priority of a cascade and of all that it starts: below everybody else's.
	CascadePriority = 5
)

// ReasonShowCancelled is why a booking is cancelled by a cascade, as its customer reads it.
const ReasonShowCancelled = "the show was cancelled"

// ShowStatusCancelled is the final status of a show that does not take place.
const ShowStatusCancelled = "CANCELLED"

// CascadeKind says what is cancelled.
type CascadeKind string

// The kinds of cascade.
const (
	// CascadeShow cancels one show.
	CascadeShow CascadeKind = "SHOW"
	// CascadeTheatre deactivates a theatre and cancels its upcoming shows.
	CascadeTheatre CascadeKind = "THEATRE"
	// CascadeMovie withdraws a movie and cancels its upcoming shows.
	CascadeMovie CascadeKind = "MOVIE"
)

// CascadeID is the cascade of a show, theatre or movie. There is only one: a repeated request arrives at the first.
func CascadeID(kind CascadeKind, subjectID string) string {
	return derive("cs", string(kind), subjectID)
}

// CascadeWorkflowID is the workflow of a cascade.
func CascadeWorkflowID(kind CascadeKind, subjectID string) string {
	switch kind {
	case CascadeTheatre:
		return "deactivate-theatre/" + subjectID
	case CascadeMovie:
		return "withdraw-movie/" + subjectID
	case CascadeShow:
	}
	return "cancel-show/" + subjectID
}

// CascadeRequest is the input of the cascade workflow.
type CascadeRequest struct {
	CascadeID string      `json:"cascadeId"`
	Kind      CascadeKind `json:"kind"`
	// SubjectID is the id of the show, theatre or movie.
	SubjectID string `json:"subjectId"`
	// Actor is the id of the operator or partner who asked for it.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// After is where an earlier run of the workflow stopped reading.
	After CascadePosition `json:"after,omitzero"`
	// Telling says that every booking has been cancelled, and that an earlier run has notified the
	// customers of the shows up to and including Told.
	Telling bool   `json:"telling,omitempty"`
	Told    string `json:"told,omitempty"`
	// Progress is the last progress that an earlier run knew.
	Progress CascadeProgress `json:"progress,omitzero"`
}

// CascadePosition is a booking in the order in which a cascade reads them.
type CascadePosition struct {
	ShowID    string `json:"showId"`
	BookingID string `json:"bookingId"`
}

// CascadeRef names a cascade.
type CascadeRef struct {
	CascadeID string `json:"cascadeId"`
}

// CascadeStatus is how far a cascade has got.
type CascadeStatus string

// The states of a cascade.
const (
	// CascadeCancelling: nothing is sold any more; bookings are being cancelled.
	CascadeCancelling CascadeStatus = "CANCELLING"
	// CascadeRefunding: every booking is cancelled; money is on its way back. It may take long when our
	// account at the provider does not hold enough.
	CascadeRefunding CascadeStatus = "REFUNDING"
	// CascadeFinished: every refund has been made, or waits for an operator.
	CascadeFinished CascadeStatus = "FINISHED"
)

// CascadeState is how a cascade stands.
type CascadeState struct {
	CascadeID string        `json:"cascadeId"`
	Status    CascadeStatus `json:"status"`
	Paused    bool          `json:"paused"`
	// Noted is the number of the latest note.
	Noted int `json:"noted,omitempty"`
	// Shows is how many shows it has cancelled.
	Shows int `json:"shows"`
}

// Has says whether a cascade already stands as it would after the event.
func (s CascadeState) Has(event CascadeEvent) bool {
	switch event {
	case CascadePaused:
		return s.Paused
	case CascadeResumed:
		return !s.Paused
	case CascadeAllCancelled:
		return s.Status != CascadeCancelling
	case CascadeCameToItsEnd:
		return s.Status == CascadeFinished
	case CascadeStarted:
	}
	return true
}

// CascadeCommand is the argument of the updates pause and resume.
type CascadeCommand struct {
	// Actor is the id of the operator or partner.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
}

// CascadeEvent is what happened to a cascade, as its trail calls it.
type CascadeEvent string

// The events of a cascade.
const (
	CascadeStarted      CascadeEvent = "STARTED"
	CascadePaused       CascadeEvent = "PAUSED"
	CascadeResumed      CascadeEvent = "RESUMED"
	CascadeAllCancelled CascadeEvent = "REFUNDING"
	CascadeCameToItsEnd CascadeEvent = "FINISHED"
)

// ShowCancelled tells a booking that its show does not take place.
type ShowCancelled struct {
	CascadeID     string `json:"cascadeId"`
	CorrelationID string `json:"correlationId"`
}

// CascadeOutcome is the result of a cascade workflow: its report, or why it was refused.
type CascadeOutcome struct {
	Report  CascadeProgress `json:"report"`
	Refusal *Refusal        `json:"refusal,omitempty"`
}
