package booking

// ShowPlayed refuses to cancel a show that is over.
func ShowPlayed(showID string) *Refusal {
	return Refuse(CodeInvalidState, "The show has been played.").With("showId", showID)
}

// ShowIsCancelled refuses what is possible only for a show that takes place.
func ShowIsCancelled(showID string) *Refusal {
	return Refuse(CodeConflict, "This show has been cancelled.").With("showId", showID).With("showStatus", ShowStatusCancelled)
}

// CascadeIsFinished refuses a command to a cascade that is over.
func CascadeIsFinished() *Refusal {
	return Refuse(CodeInvalidState, "The cascade has finished.").With("status", CascadeFinished)
}
