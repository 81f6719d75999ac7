package api

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// watchPeriod is the time in which refused deliveries are counted; an operator is called once in it.
	watchPeriod = time.Hour
	// watchRetry is how long after a failure the flag is tried again: each delivery would cost the database a statement otherwise.
	watchRetry = time.Minute
	// tooLargeEvents is the subject of the flag about events over maxEvent.
	tooLargeEvents = "too-large-events"
)

// deliveryWatch counts deliveries that were refused before anybody knew whether the provider had sent them. Anybody can send such, so they leave nothing
// behind but a number in memory and now and then a flag, which says nothing that they said.
type deliveryWatch struct {
	// enough is how many within watchPeriod are one for an operator.
	enough int

	mu      sync.Mutex
	since   time.Time
	refused int
	// quiet is until when no other flag is raised.
	quiet time.Time
}

// refusedAt counts a refused delivery, and says whether it is time to call an operator.
func (w *deliveryWatch) refusedAt(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := now.Sub(w.since); age < 0 || age >= watchPeriod {
		w.since, w.refused = now, 0
	}
	w.refused++
	if w.refused < w.enough || now.Before(w.quiet) {
		return false
	}
	w.quiet = now.Add(watchPeriod)
	return true
}

// tryAgainAt has an operator be called although that was to be later.
func (w *deliveryWatch) tryAgainAt(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = at
}

// noteRefused counts a refused delivery, and calls an operator when there have been enough.
func (h *handlers) noteRefused(ctx context.Context, watch *deliveryWatch, now time.Time, subject, message string) {
	if !watch.refusedAt(now) {
		return
	}
	h.log.WarnContext(ctx, "events of the payment provider are refused", "subject", subject, "atLeast", watch.enough, "within", watchPeriod)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.config.RequestTimeout)
	defer cancel()
	if err := h.queries.FlagRaise(ctx, db.FlagRaiseParams{Kind: booking.FlagProvider, Subject: subject, Message: message}); err != nil {
		h.log.ErrorContext(ctx, "flag not raised", "error", err)
		watch.tryAgainAt(now.Add(watchRetry))
	}
}

// noteTooLarge flags a delivery that is too long to be read whole, so that its signature cannot be checked either: if it is the provider's, it comes again
// for days, and then the provider closes the endpoint.
func (h *handlers) noteTooLarge(ctx context.Context) {
	now := h.now()
	h.noteRefused(ctx, &h.sizes, now, tooLargeEvents,
		fmt.Sprintf("A delivery of more than %d KiB came to the address of the payment provider's events at %s, and was refused unread. "+
			"If the provider's list of failed deliveries has it, look there what it says; if not, somebody else sends such.", maxEvent>>10, now.UTC().Format(time.RFC3339)))
}
