package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// completionCorrelationID is the correlation id of completions in the trails of bookings.
const completionCorrelationID = "complete-shows"

// CompleteShows makes the confirmed bookings of shows that are over COMPLETED, one batch per transaction, until it has
// seen every such show. Concurrent completions share the work. What others have locked is left for the next completion.
func (a *Activities) CompleteShows(ctx context.Context) (booking.CompletedShows, error) {
	var done booking.CompletedShows
	q := db.New(a.pool)
	for after := ""; ; {
		shows, err := q.ShowsSold(ctx, db.ShowsSoldParams{
			After: after, GraceSeconds: booking.CompletionGrace.Seconds(), Most: booking.CompletionShows,
		})
		if err != nil {
			return done, classify(fmt.Errorf("find shows that are over: %w", err))
		}
		for _, show := range shows {
			if !show.Over {
				continue
			}
			completed, err := completeShow(ctx, q, show.ID)
			if err != nil {
				return done, classify(fmt.Errorf("complete show %s: %w", show.ID, err))
			}
			if completed.Bookings > 0 {
				done.Shows++
			}
			done.Bookings += int(completed.Bookings)
			done.Attended += int(completed.Attended)
			done.NoShows += int(completed.NoShows)
		}
		if len(shows) < booking.CompletionShows {
			return done, nil
		}
		after = shows[len(shows)-1].ID
		activity.RecordHeartbeat(ctx, after)
	}
}

// completeShow completes the bookings of one show, batch by batch, until a batch is not full.
func completeShow(ctx context.Context, q *db.Queries, showID string) (sum db.BookingsCompleteRow, err error) {
	for {
		batch, err := q.BookingsComplete(ctx, db.BookingsCompleteParams{
			ShowID: showID, GraceSeconds: booking.CompletionGrace.Seconds(), Most: booking.CompletionBatch,
			FromStatuses: origins(booking.StatusCompleted, func(booking.Status) bool { return true }),
			ToStatus:     booking.StatusCompleted, Actor: string(booking.ActorSystem), CorrelationID: completionCorrelationID,
		})
		if err != nil {
			return sum, err
		}
		activity.RecordHeartbeat(ctx, showID)
		sum.Bookings += batch.Bookings
		sum.Attended += batch.Attended
		sum.NoShows += batch.NoShows
		if batch.Bookings < booking.CompletionBatch {
			return sum, nil
		}
	}
}
