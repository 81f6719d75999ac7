package booking

// Names of the steps of a cascade. Recorded histories hold them: never change one.
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

// CascadePage asks for the bookings of a cascade that have not ended, after a position.
type CascadePage struct {
	CascadeID string          `json:"cascadeId"`
	After     CascadePosition `json:"after"`
	Most      int             `json:"most"`
}

// CascadeBookings are the bookings of a cascade that have not ended: sold ones have to be cancelled, the others have to be notified.
type CascadeBookings struct {
	Bookings []CascadeBooking `json:"bookings"`
	// PerSecond is how many of them may be dealt with in a second while others are buying; zero means as many as the window allows.
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

// CascadeNote is an event to be recorded.
type CascadeNote struct {
	CascadeID string `json:"cascadeId"`
	// Number is one more than that of the previous note: a late or repeated note changes nothing.
	Number        int          `json:"number"`
	Event         CascadeEvent `json:"event"`
	Actor         string       `json:"actor"`
	Reason        string       `json:"reason"`
	CorrelationID string       `json:"correlationId"`
}
