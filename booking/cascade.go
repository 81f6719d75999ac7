package booking

import "time"

// CascadeWorkflow cancels all bookings of shows that do not take place. Recorded histories hold the name: never change it.
const CascadeWorkflow = "Cascade"

// Names by which a cascade is known to Temporal. Recorded histories hold them: never change one.
const (
	// UpdateBegin is sent together with the start of a cascade. It answers with a CascadeState once nothing more can be sold,
	// or fails with a Refusal.
	UpdateBegin = "begin"
	// UpdatePause and UpdateResume take a CascadeCommand and answer with a CascadeState.
	UpdatePause  = "pause"
	UpdateResume = "resume"
	// QueryProgress answers with a CascadeProgress.
	QueryProgress = "progress"
	// SignalShowCancelled tells a booking that is being paid that its show does not take place. It carries a ShowCancelled.
	SignalShowCancelled = "show-cancelled"
)

// Names of the steps of a cascade.
const (
	// StepCloseForSale takes CascadeRequest and returns CascadeState. It refuses with NOT_FOUND, INVALID_STATE or CONFLICT.
	StepCloseForSale = "CloseForSale"
	// StepFindCascadeBookings takes CascadePage and returns CascadeBookings.
	StepFindCascadeBookings = "FindCascadeBookings"
	// StepFindCascadeShows takes CascadeShowsPage and returns CascadeShows.
	StepFindCascadeShows = "FindCascadeShows"
	// StepCascadeProgress takes CascadeRef and returns CascadeProgress.
	StepCascadeProgress = "CascadeProgress"
	// StepNoteCascade takes CascadeNote and returns CascadeState. It refuses with INVALID_STATE.
	StepNoteCascade = "NoteCascade"
)

const (
	// CascadePageSize is how many bookings a cascade reads at once.
	CascadePageSize = 100
	// CascadeWindow is how many bookings a cascade cancels at once.
	CascadeWindow = 20
	// CascadePriority is that of a cascade and of all that it starts: below everybody else's.
	CascadePriority = 5
)

// ReasonShowCancelled is why a booking is cancelled by a cascade, as its customer reads it.
const ReasonShowCancelled = "the show was cancelled"

// ShowStatusCancelled is the status of a show that does not take place, for good.
const ShowStatusCancelled = "CANCELLED"

// CascadeKind says what does not take place.
type CascadeKind string

// The kinds of cascade.
const (
	// CascadeShow cancels one show.
	CascadeShow CascadeKind = "SHOW"
	// CascadeTheatre deactivates a theatre and cancels its shows to come.
	CascadeTheatre CascadeKind = "THEATRE"
	// CascadeMovie withdraws a movie and cancels its shows to come.
	CascadeMovie CascadeKind = "MOVIE"
)

// CascadeID is the cascade of a show, theatre or movie. There is one: whoever asks again arrives at the first.
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
	// Actor is the id of the operator or partner who wants it.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// After is where an earlier run of the workflow stopped reading.
	After CascadePosition `json:"after,omitzero"`
	// Telling says that every booking has been cancelled, and that an earlier run has told the customers of the shows up to Told only.
	Telling bool   `json:"telling,omitempty"`
	Told    string `json:"told,omitempty"`
	// Progress is what an earlier run knew last.
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

// CascadeStatus is how far a cascade has come.
type CascadeStatus string

// The states of a cascade.
const (
	// CascadeCancelling: nothing is sold any more; bookings are being cancelled.
	CascadeCancelling CascadeStatus = "CANCELLING"
	// CascadeRefunding: every booking is cancelled; money is on its way back. It may wait for long, when our account at the provider
	// holds too little.
	CascadeRefunding CascadeStatus = "REFUNDING"
	// CascadeFinished: every refund has been made, or waits for an operator.
	CascadeFinished CascadeStatus = "FINISHED"
)

// CascadeState is where a cascade stands.
type CascadeState struct {
	CascadeID string        `json:"cascadeId"`
	Status    CascadeStatus `json:"status"`
	Paused    bool          `json:"paused"`
	// Shows is how many shows it has cancelled.
	Shows int `json:"shows"`
}

// CascadePage asks for the bookings of a cascade that have not ended, after a position.
type CascadePage struct {
	CascadeID string          `json:"cascadeId"`
	After     CascadePosition `json:"after"`
	Most      int             `json:"most"`
}

// CascadeBookings are the bookings of a cascade that have not ended: sold ones have to be cancelled, the others have to be told.
type CascadeBookings struct {
	Bookings []CascadeBooking `json:"bookings"`
	// PerSecond is how many of them may be dealt with in a second, because others are buying meanwhile; zero for as many as the window allows.
	PerSecond int `json:"perSecond,omitempty"`
}

// CascadeBooking is a booking of a show that does not take place.
type CascadeBooking struct {
	CascadePosition
	TheatreID  string `json:"theatreId"`
	CustomerID string `json:"customerId"`
	Status     Status `json:"status"`
}

// CascadeShowsPage asks for the shows of a cascade that somebody has booked, after one of them.
type CascadeShowsPage struct {
	CascadeID string `json:"cascadeId"`
	After     string `json:"after"`
	Most      int    `json:"most"`
}

// CascadeShows are shows of a cascade, in the order of their ids.
type CascadeShows struct {
	Shows []string `json:"shows"`
}

// CascadeCommand is the argument of the updates pause and resume.
type CascadeCommand struct {
	// Actor is the id of the operator or partner.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
}

// CascadeEvent is what happened to a cascade, as its trail names it.
type CascadeEvent string

// The events of a cascade.
const (
	CascadeStarted      CascadeEvent = "STARTED"
	CascadePaused       CascadeEvent = "PAUSED"
	CascadeResumed      CascadeEvent = "RESUMED"
	CascadeAllCancelled CascadeEvent = "REFUNDING"
	CascadeCameToItsEnd CascadeEvent = "FINISHED"
)

// CascadeNote is an event to be written.
type CascadeNote struct {
	CascadeID     string       `json:"cascadeId"`
	Event         CascadeEvent `json:"event"`
	Actor         string       `json:"actor"`
	Reason        string       `json:"reason"`
	CorrelationID string       `json:"correlationId"`
}

// ShowCancelled tells a booking that its show does not take place.
type ShowCancelled struct {
	CascadeID     string `json:"cascadeId"`
	CorrelationID string `json:"correlationId"`
}

// CascadeProgress is what a cascade has done and what is left, as the database has it. When the cascade has finished, it is its report.
type CascadeProgress struct {
	CascadeState
	// Found counts the bookings that the cascade has had to deal with: Cancelled, Released and left over.
	Found int `json:"found"`
	// Cancelled had been sold; everything that was paid for them goes back.
	Cancelled int `json:"cancelled"`
	// Released were being paid, and have ended without a sale since the cascade began.
	Released int `json:"released"`
	// AlreadyCancelled had been cancelled before the show was, on the terms of their own cancellation.
	AlreadyCancelled int `json:"alreadyCancelled"`
	// Sold and Unpaid are left over: sold ones that have to be cancelled, and ones that are still being paid.
	Sold   int `json:"sold"`
	Unpaid int `json:"unpaid"`
	// Undecided counts attempts to pay of which nobody knows yet whether they have brought money that has to go back.
	Undecided int `json:"undecided"`
	// Refunds are in the order of currency, tender and status.
	Refunds []CascadeRefunds `json:"refunds"`
	// At is when the database was asked.
	At time.Time `json:"at"`
}

// CascadeRefunds are the refunds of a cascade to one tender that stand alike.
type CascadeRefunds struct {
	Tender Tender       `json:"tender"`
	Status RefundStatus `json:"status"`
	Count  int          `json:"count"`
	Amount Money        `json:"amount"`
}

// Left counts the bookings that have not ended.
func (p CascadeProgress) Left() int { return p.Sold + p.Unpaid }

// Waiting counts the refunds that are under way, or tried again by themselves.
func (p CascadeProgress) Waiting() int { return p.refunds(RefundInitiated) + p.refunds(RefundFailed) }

// NeedsAttention counts the refunds that wait for an operator.
func (p CascadeProgress) NeedsAttention() int { return p.refunds(RefundNeedsAttention) }

// Done says that nothing is left to do but what operators have to.
func (p CascadeProgress) Done() bool { return p.Left() == 0 && p.Undecided == 0 && p.Waiting() == 0 }

func (p CascadeProgress) refunds(status RefundStatus) int {
	count := 0
	for _, r := range p.Refunds {
		if r.Status == status {
			count += r.Count
		}
	}
	return count
}

// CascadeOutcome is the result of a cascade workflow: its report, or why it was refused.
type CascadeOutcome struct {
	Report  CascadeProgress `json:"report"`
	Refusal *Refusal        `json:"refusal,omitempty"`
}

// ShowPlayed refuses to cancel a show that is over.
func ShowPlayed(showID string) *Refusal {
	return Refuse(CodeInvalidState, "The show has been played.").With("showId", showID)
}

// ShowIsCancelled refuses what only a show allows that takes place.
func ShowIsCancelled(showID string) *Refusal {
	return Refuse(CodeConflict, "This show has been cancelled.").With("showId", showID).With("showStatus", ShowStatusCancelled)
}

// CascadeIsFinished refuses a command to a cascade that is over.
func CascadeIsFinished() *Refusal {
	return Refuse(CodeInvalidState, "The cascade has finished.").With("status", CascadeFinished)
}
