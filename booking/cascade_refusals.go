package booking

// ShowPlayed refuses to cancel a show that is over.
func ShowPlayed(showID string) *Refusal {
	return Refuse(CodeInvalidState, "The show has been played.").With("showId", showID)
}

// Why a show cannot be booked, as the detail "reason" says it.
const (
	ReasonShowHasStarted   = "STARTED"
	ReasonShowWasCancelled = "CANCELLED"
	ReasonShowIsNotOnSale  = "NOT_ON_SALE"
)

// ShowNotBookable refuses seats of a show that sells none.
func ShowNotBookable(showID, reason string) *Refusal {
	messages := map[string]string{
		ReasonShowHasStarted: "This show has started.", ReasonShowWasCancelled: "This show has been cancelled.", ReasonShowIsNotOnSale: "This show is not on sale.",
	}
	return InvalidField("showId", messages[reason]).With("showId", showID).With("reason", reason)
}

// ShowIsCancelled refuses what is possible only for a show that takes place.
func ShowIsCancelled(showID string) *Refusal {
	return Refuse(CodeConflict, "This show has been cancelled.").With("showId", showID).With("showStatus", ShowStatusCancelled)
}

// CascadeIsFinished refuses a command to a cascade that is over.
func CascadeIsFinished() *Refusal {
	return Refuse(CodeInvalidState, "The cascade has finished.").With("status", CascadeFinished)
}
