package inbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const (
	// watchPeriod is the time in which refused deliveries are counted; operators are alerted once in it.
	watchPeriod = time.Hour
	// watchRetry is how long after a failure raising the flag is tried again: otherwise each delivery
	// would cost the database a statement.
	watchRetry = time.Minute
	// MaxEvent is how many bytes an event may have. The provider's have a few thousand, and the
	// signature of a longer one cannot be checked before it has been read whole.
	MaxEvent = 1 << 20
	// tooLargeEvents is the subject of the flag for longer events.
	tooLargeEvents = "too-large-events"
)

// deliveryWatch counts deliveries that were refused before it was known whether the provider had sent them. Anybody can send such
// deliveries, so they leave nothing behind but a number in memory and now and then a flag, which contains nothing of their content.
type deliveryWatch struct {
	// enough is how many within watchPeriod are worth an alert.
	enough int

	mu      sync.Mutex
	since   time.Time
	refused int
	// quiet is until when no other flag is raised.
	quiet time.Time
}

// refusedAt counts a refused delivery, and says whether to alert operators.
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

// tryAgainAt makes the next alert possible earlier than planned.
func (w *deliveryWatch) tryAgainAt(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = at
}

// noteRefused counts a refused delivery, and alerts operators when there have been enough.
func (i *Inbox) noteRefused(ctx context.Context, watch *deliveryWatch, now time.Time, subject, message string) {
	if !watch.refusedAt(now) {
		return
	}
	i.options.Logger.WarnContext(ctx, "events of the payment provider are refused", "subject", subject, "atLeast", watch.enough, "within", watchPeriod)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.options.Patience)
	defer cancel()
	if err := i.queries.FlagRaise(ctx, db.FlagRaiseParams{Kind: booking.FlagProvider, Subject: subject, Message: message}); err != nil {
		i.options.Logger.ErrorContext(ctx, "flag not raised", "error", err)
		watch.tryAgainAt(now.Add(watchRetry))
	}
}

// NoteTooLarge flags a delivery that is too long to be read whole, so that its signature cannot be checked
// either: if it is the provider's, it is sent again for days, and then the provider closes the endpoint.
func (i *Inbox) NoteTooLarge(ctx context.Context) {
	now := i.options.Now()
	i.noteRefused(ctx, &i.sizes, now, tooLargeEvents,
		fmt.Sprintf("A delivery of more than %d KiB came to the address of the payment provider's events at %s, and was refused unread. "+
			"If the provider's list of failed deliveries has it, look there what it says; if not, somebody else sends such.", MaxEvent>>10, now.UTC().Format(time.RFC3339)))
}
