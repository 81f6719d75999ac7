package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// command sends an operator's command, which needs no key.
func (b *bundle) command(user, path string, body any) answer {
	b.Helper()
	return b.do(call{method: http.MethodPost, path: admin + path, user: user, body: body})
}

// begun writes a cascade as its first step does, and gives its id.
func (b *bundle) begun(kind booking.CascadeKind, subjectID, actor string) string {
	b.Helper()
	id := booking.CascadeID(kind, subjectID)
	b.exec(`INSERT INTO cascades (id, kind, show_id, theatre_id, movie_id, actor, reason, correlation_id)
	        VALUES ($1, $2, CASE $2 WHEN 'SHOW' THEN $3 END, CASE $2 WHEN 'THEATRE' THEN $3 END, CASE $2 WHEN 'MOVIE' THEN $3 END, $4, 'rain', 'first')`,
		id, kind, subjectID, actor)
	b.happened(id, booking.CascadeStarted, actor, "rain")
	switch kind {
	case booking.CascadeTheatre:
		b.exec("UPDATE theatres SET status = 'INACTIVE' WHERE id = $1", subjectID)
	case booking.CascadeMovie:
		b.exec("UPDATE movies SET status = 'WITHDRAWN' WHERE id = $1", subjectID)
	case booking.CascadeShow:
	}
	b.exec(`WITH cancelled AS (
	            UPDATE shows sh SET status = 'CANCELLED' FROM screens sc
	            WHERE sc.id = sh.screen_id AND (sh.id = $2 OR (sc.theatre_id = $2 OR sh.movie_id = $2) AND sh.starts_at > now())
	              AND NOT EXISTS (SELECT FROM cascade_shows s WHERE s.show_id = sh.id)
	            RETURNING sh.id)
	        INSERT INTO cascade_shows SELECT cancelled.id, $1 FROM cancelled`, id, subjectID)
	return id
}

// happened appends to the trail of a cascade.
func (b *bundle) happened(id string, event booking.CascadeEvent, actor, why string) {
	b.Helper()
	b.exec("INSERT INTO cascade_events (cascade_id, event, actor, reason, correlation_id) VALUES ($1, $2, $3, $4, 'test')", id, event, actor, why)
}

// answerCommands plays the workflows of cascades.
func (b *bundle) answerCommands() {
	b.temporal.onCommand = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		request := b.temporal.cascades[len(b.temporal.cascades)-1]
		state := booking.CascadeState{CascadeID: request.CascadeID}
		switch options.UpdateName {
		case booking.UpdateBegin:
			require.Empty(b, options.Args)
			b.begun(request.Kind, request.SubjectID, request.Actor)
		case booking.UpdatePause:
			command := asked[booking.CascadeCommand](b, options.Args)
			b.exec("UPDATE cascades SET paused = true WHERE id = $1", request.CascadeID)
			b.happened(request.CascadeID, booking.CascadePaused, command.Actor, command.Reason)
		case booking.UpdateResume:
			command := asked[booking.CascadeCommand](b, options.Args)
			b.exec("UPDATE cascades SET paused = false WHERE id = $1", request.CascadeID)
			b.happened(request.CascadeID, booking.CascadeResumed, command.Actor, command.Reason)
		}
		return state, nil
	})
}

// untouched requires that nothing has been begun or changed.
func (b *bundle) untouched() {
	b.Helper()
	require.Empty(b, b.temporal.starts)
	require.Equal(b, 0, b.count("SELECT count(*) FROM cascades"))
	require.Equal(b, 0, b.count("SELECT count(*) FROM shows WHERE status = 'CANCELLED'"))
}

func TestCascadesBegin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind             booking.CascadeKind
		user, path, id   string
		workflow, summed string
		shows            int
		attributes       map[string]string
	}{
		{
			booking.CascadeShow, paul, "/shows/sh_hindi/cancel", "sh_hindi", "cancel-show/sh_hindi", "Regal · Sholay", 1,
			map[string]string{booking.AttributeShow: "sh_hindi", booking.AttributeTheatre: "th_regal"},
		},
		{booking.CascadeShow, ada, "/shows/sh_started/cancel", "sh_started", "cancel-show/sh_started", "Regal · Sholay", 1, nil},
		{booking.CascadeShow, ada, "/shows/sh_closed/cancel", "sh_closed", "cancel-show/sh_closed", "Regal · Sholay", 1, nil},
		{
			booking.CascadeTheatre, paul, "/theatres/th_regal/deactivate", "th_regal", "deactivate-theatre/th_regal", "theatre · Regal", 2,
			map[string]string{booking.AttributeTheatre: "th_regal"},
		},
		{booking.CascadeMovie, ada, "/movies/mv_sholay/withdraw", "mv_sholay", "withdraw-movie/mv_sholay", "movie · Sholay", 3, map[string]string{}},
	} {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answerCommands()
			var report openapi.CascadeReport
			got := b.command(c.user, c.path, reason(" rain ")).is(http.StatusAccepted, &report)
			id := booking.CascadeID(c.kind, c.id)
			require.Equal(t, admin+"/cascades/"+id, got.header.Get("Location"))
			require.Equal(t, openapi.Cascade{
				CascadeId: id, Kind: c.kind, SubjectId: c.id, Status: booking.CascadeCancelling, Shows: c.shows, Actor: c.user, Reason: "rain",
				StartedAt: report.Cascade.StartedAt,
			}, report.Cascade)
			require.Len(t, report.Events, 1)
			require.Equal(t, booking.CascadeStarted, report.Events[0].Event)

			require.Len(t, b.temporal.starts, 1)
			start, update, request := b.temporal.starts[0], b.temporal.updates[0], b.temporal.cascades[0]
			require.Equal(t, c.workflow, start.ID)
			require.Contains(t, start.StaticSummary, c.summed)
			require.Equal(t, booking.CascadePriority, start.Priority.PriorityKey)
			if c.attributes != nil {
				require.Equal(t, len(c.attributes), start.TypedSearchAttributes.Size())
			}
			for name, value := range c.attributes {
				found, _ := start.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(name))
				require.Equal(t, value, found)
			}
			require.Equal(t, booking.UpdateBegin, update.UpdateName)
			require.Empty(t, update.UpdateID, "what was refused may be asked for again")
			require.Equal(t, booking.CascadeRequest{
				CascadeID: id, Kind: c.kind, SubjectID: c.id, Actor: c.user, Reason: "rain", CorrelationID: got.header.Get("X-Correlation-Id"),
			}, request)

			for _, user := range []string{c.user, ada} {
				again := b.command(user, c.path, reason("once more")).is(http.StatusAccepted, &report)
				require.Equal(t, got.header.Get("Location"), again.header.Get("Location"))
				require.Equal(t, "rain", report.Cascade.Reason, "the first reason stays")
			}
			require.Len(t, b.temporal.starts, 1, "a repeat begins nothing")
		})
	}
}

func TestWhatCannotBeCancelledIsNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answerCommands()
	b.exec("UPDATE shows SET starts_at = now() - interval '3 h', ends_at = now() - interval '1 s' WHERE id = 'sh_started'")
	for _, path := range []string{"/shows/%s/cancel", "/theatres/%s/deactivate", "/movies/%s/withdraw"} {
		for id, user := range map[string]string{"none": ada, "a%00b": ada, "th_regal%20": ada} {
			b.command(user, strings.ReplaceAll(path, "%s", id), reason("rain")).refuses(http.StatusNotFound, booking.CodeNotFound)
		}
		known := strings.ReplaceAll(path, "%s", map[string]string{"/s": "sh_hindi", "/t": "th_regal", "/m": "mv_sholay"}[path[:2]])
		for _, body := range []any{reason(""), reason("  "), reason(strings.Repeat("x", 501)), reason("two\nlines"), map[string]any{}} {
			require.Equal(t, "reason", b.command(ada, known, body).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
		}
		b.command(ada, known, `{"reason": 5}`).refuses(http.StatusBadRequest, booking.CodeValidation)
		b.command(ada, known, `{"reason": "rain", "refund": 50}`).refuses(http.StatusBadRequest, booking.CodeValidation)
		b.command(ada, known, nil).refuses(http.StatusUnsupportedMediaType, booking.CodeValidation)
		b.command(asha, known, reason("rain")).refuses(http.StatusForbidden, booking.CodeForbidden)
		b.command("", known, reason("rain")).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
	}
	played := b.command(ada, "/shows/sh_started/cancel", reason("rain")).refuses(http.StatusConflict, booking.CodeInvalidState)
	require.Equal(t, "sh_started", played["showId"])
	for _, path := range []string{"/shows/sh_tamil/cancel", "/shows/sh_london/cancel", "/theatres/th_eros/deactivate", "/movies/mv_sholay/withdraw"} {
		b.command(paul, path, reason("rain")).refuses(http.StatusForbidden, booking.CodeForbidden)
	}
	b.untouched()
}

func TestACascadeThatIsRefusedByItsWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) { return nil, refuse(booking.ShowPlayed("sh_hindi")) })
	b.command(ada, "/shows/sh_hindi/cancel", reason("rain")).refuses(http.StatusConflict, booking.CodeInvalidState)

	// The theatre was faster.
	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) {
		b.begun(booking.CascadeTheatre, "th_regal", ada)
		return nil, refuse(booking.Refuse(booking.CodeConflict, "The show is cancelled already."))
	})
	var report openapi.CascadeReport
	b.command(ada, "/shows/sh_hindi/cancel", reason("rain")).is(http.StatusAccepted, &report)
	require.Equal(t, booking.CascadeID(booking.CascadeTheatre, "th_regal"), report.Cascade.CascadeId)

	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) { return booking.CascadeState{}, nil })
	b.command(ada, "/shows/sh_tamil/cancel", reason("rain")).refuses(http.StatusInternalServerError, booking.CodeInternal)
}

func TestAShowOfAnotherCascadeBeginsNone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	theatre := b.begun(booking.CascadeTheatre, "th_regal", ada)
	movie := b.begun(booking.CascadeMovie, "mv_sholay", ada)
	b.exec("INSERT INTO partner_theatres VALUES ('us_paul', 'th_eros')")
	var report openapi.CascadeReport
	got := b.command(paul, "/shows/sh_hindi/cancel", reason("rain")).is(http.StatusAccepted, &report)
	require.Equal(t, theatre, report.Cascade.CascadeId)
	require.Equal(t, "OPERATOR", report.Cascade.Actor, "a partner learns no administrator's id")
	require.NotContains(t, string(got.body), ada)
	b.command(ada, "/shows/sh_tamil/cancel", reason("rain")).is(http.StatusAccepted, &report)
	require.Equal(t, movie, report.Cascade.CascadeId)
	b.command(paul, "/shows/sh_tamil/cancel", reason("rain")).refuses(http.StatusConflict, booking.CodeConflict)
	require.Empty(t, b.temporal.starts)
}

func TestACascadeWhoseOutcomeIsUnknownMayBeAskedForAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) {
		b.begun(booking.CascadeShow, "sh_hindi", paul)
		return nil, context.DeadlineExceeded
	})
	b.command(paul, "/shows/sh_hindi/cancel", reason("rain")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.command(paul, "/shows/sh_hindi/cancel", reason("rain")).is(http.StatusAccepted, nil)
	require.Len(t, b.temporal.starts, 1)
}

func TestCascadesArePausedAndResumed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answerCommands()
	id := b.begun(booking.CascadeShow, "sh_hindi", ada)
	var report openapi.CascadeReport
	for range 2 {
		b.command(paul, "/cascades/"+id+"/pause", reason("a break")).is(http.StatusOK, &report)
		require.True(t, report.Cascade.Paused)
		require.Len(t, report.Events, 2)
		require.Equal(t, booking.CascadePaused, report.Events[1].Event)
		require.Equal(t, paul, report.Events[1].Actor)
		require.Equal(t, "a break", report.Events[1].Reason)
	}
	for range 2 {
		b.command(ada, "/cascades/"+id+"/resume", reason("go on")).is(http.StatusOK, &report)
		require.False(t, report.Cascade.Paused)
		require.Len(t, report.Events, 3)
	}
	require.Len(t, b.temporal.updates, 2, "what is as wanted is not asked for")
	require.Equal(t, booking.CascadeRequest{
		CascadeID: id, Kind: booking.CascadeShow, SubjectID: "sh_hindi", Actor: ada, Reason: "rain", CorrelationID: "first",
	}, b.temporal.cascades[0], "a workflow that is gone is begun again as it was")
	require.Equal(t, "cancel-show/sh_hindi", b.temporal.starts[0].ID)

	b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) { return nil, refuse(booking.CascadeIsFinished()) })
	b.command(ada, "/cascades/"+id+"/pause", reason("late")).refuses(http.StatusConflict, booking.CodeInvalidState)
	b.exec("UPDATE cascades SET status = 'FINISHED', finished_at = now()")
	for _, name := range []string{"pause", "resume"} {
		details := b.command(ada, "/cascades/"+id+"/"+name, reason("late")).refuses(http.StatusConflict, booking.CodeInvalidState)
		require.Equal(t, "FINISHED", details["status"])
	}
	require.Len(t, b.temporal.updates, 3)
	require.Equal(t, 3, b.count("SELECT count(*) FROM cascade_events"))
	b.get(ada, admin+"/cascades/"+id).is(http.StatusOK, &report)
	require.NotNil(t, report.Cascade.FinishedAt)
}

func TestBadCommandsOfCascades(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answerCommands()
	id, foreign := b.begun(booking.CascadeShow, "sh_hindi", ada), b.begun(booking.CascadeShow, "sh_tamil", ada)
	for _, name := range []string{"pause", "resume"} {
		path := "/cascades/" + id + "/" + name
		for _, body := range []any{reason(""), reason(strings.Repeat("x", 501)), reason("a\x00b"), map[string]any{}} {
			require.Equal(t, "reason", b.command(paul, path, body).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
		}
		b.command(asha, path, reason("rain")).refuses(http.StatusForbidden, booking.CodeForbidden)
		b.command(paul, "/cascades/"+foreign+"/"+name, reason("rain")).refuses(http.StatusForbidden, booking.CodeForbidden)
		b.command(paul, "/cascades/cs_none/"+name, reason("rain")).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
	require.Empty(t, b.temporal.starts)
	require.Equal(t, 2, b.count("SELECT count(*) FROM cascade_events"))
}

func TestCascadesAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	show, started := b.begun(booking.CascadeShow, "sh_hindi", ada), b.begun(booking.CascadeShow, "sh_tamil", ada)
	theatre, movie := b.begun(booking.CascadeTheatre, "th_regal", ada), b.begun(booking.CascadeMovie, "mv_sholay", ada)
	for n, id := range []string{show, started, theatre, movie} {
		b.exec("UPDATE cascades SET started_at = now() + $2 * interval '1 minute' WHERE id = $1", id, n)
	}
	b.exec("UPDATE cascades SET status = 'FINISHED', finished_at = now() WHERE id = ANY ($1)", []string{started, movie})
	require.Equal(t, []string{movie, theatre, started, show}, b.page(admin+"/cascades"))
	require.Equal(t, []string{movie, started}, b.page(admin+"/cascades?status=FINISHED"))
	require.Equal(t, []string{started, show}, b.page(admin+"/cascades?kind=SHOW"))
	require.Equal(t, []string{show}, b.page(admin+"/cascades?kind=SHOW&status=CANCELLING"))
	require.Equal(t, []string{theatre, show}, b.pageFor(paul, admin+"/cascades"))
	b.get(asha, admin+"/cascades").refuses(http.StatusForbidden, booking.CodeForbidden)
	var list openapi.CascadeList
	b.get(paul, admin+"/cascades").is(http.StatusOK, &list)
	require.Equal(t, 1, list.Cascades[0].Shows, "one had been cancelled before")
	require.Equal(t, "OPERATOR", list.Cascades[0].Actor)
	for query, field := range map[string]string{"status=LOST": "status", "kind=": "kind", "limit=0": "limit", "limit=101": "limit", "cursor=x": "cursor"} {
		require.Equal(t, field, b.get(ada, admin+"/cascades?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)["field"], query)
	}

	b.get(paul, admin+"/cascades/"+theatre).is(http.StatusOK, nil)
	for _, id := range []string{started, movie} {
		b.get(paul, admin+"/cascades/"+id).refuses(http.StatusForbidden, booking.CodeForbidden)
		b.get(asha, admin+"/cascades/"+id).refuses(http.StatusForbidden, booking.CodeForbidden)
	}
	for _, id := range []string{"cs_none", "a%00", "x%20y"} {
		b.get(ada, admin+"/cascades/"+id).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
}

// givenBack writes that a booking was cancelled, and a refund of it.
func (b *bundle) givenBack(bookingID string, cause booking.CancellationCause, tender booking.Tender, status booking.RefundStatus) {
	b.Helper()
	b.exec(`INSERT INTO cancellations (id, booking_id, seats, percent, fee, paid, amount, currency, refund_to, cause, actor, reason, correlation_id)
	        SELECT 'cx_' || id, id, seat_labels, 100, 0, total, total, currency, 'ORIGINAL', $2, $3, $4, 'test' FROM bookings WHERE id = $1`,
		bookingID, cause, ada, booking.ReasonShowCancelled)
	b.exec("UPDATE booking_seats SET cancellation_id = 'cx_' || booking_id WHERE booking_id = $1", bookingID)
	b.exec("DELETE FROM claims WHERE booking_id = $1", bookingID)
	b.exec("UPDATE bookings SET status = 'CANCELLED', updated_at = now() WHERE id = $1", bookingID)
	b.exec(`INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
	        VALUES ($1, 'CONFIRMED', 'CANCELLED', $2, $3, 'test')`, bookingID, booking.ReasonShowCancelled, ada)
	b.insertPayment("pay_"+bookingID, bookingID, "hash", booking.PaymentSucceeded)
	b.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, cancellation_id, tender, amount, currency, reason, status, correlation_id)
	        SELECT 'rf_' || id, id, 'pay_' || id, CASE $2 WHEN 'CARD' THEN 'pi_pay_' || id END, 'cx_' || id, $2, total, currency, 'show', $3, 'test'
	        FROM bookings WHERE id = $1`, bookingID, tender, status)
}

func TestTheProgressOfACascade(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n, status := range map[int]booking.Status{
		0: booking.StatusConfirmed, 1: booking.StatusConfirmed, 2: booking.StatusConfirmed, 3: booking.StatusSeatsLocked, 4: booking.StatusConfirmed,
	} {
		b.insert(row{id: fmt.Sprintf("bk_%d", n), seats: []string{[]string{"A1", "A2", "A3", "A4", "A5"}[n]}, status: status})
	}
	b.insert(row{id: "bk_elsewhere", show: "sh_tamil", status: booking.StatusConfirmed})
	b.givenBack("bk_0", booking.CauseCustomer, booking.TenderWallet, booking.RefundSucceeded)
	id := b.begun(booking.CascadeShow, "sh_hindi", ada)
	b.givenBack("bk_1", booking.CauseShowCancelled, booking.TenderCard, booking.RefundFailed)
	b.givenBack("bk_2", booking.CauseShowCancelled, booking.TenderCard, booking.RefundNeedsAttention)
	b.exec("UPDATE bookings SET status = 'CANCELLED', updated_at = now() WHERE id = 'bk_3'")

	var report openapi.CascadeReport
	b.get(paul, admin+"/cascades/"+id).is(http.StatusOK, &report)
	progress := report.Progress
	require.Equal(t, openapi.CascadeProgress{
		Found: 4, Cancelled: 2, Released: 1, AlreadyCancelled: 1, Left: openapi.CascadeLeft{Sold: 1}, Waiting: 1, NeedsAttention: 1,
		Refunds: []openapi.CascadeRefunds{
			{Tender: booking.TenderCard, Currency: "INR", Status: booking.RefundFailed, Count: 1, Amount: 15000},
			{Tender: booking.TenderCard, Currency: "INR", Status: booking.RefundNeedsAttention, Count: 1, Amount: 15000},
		},
		At: progress.At,
	}, progress)
}

func TestACustomerReadsWhatBecameOfACancelledShow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.begun(booking.CascadeShow, "sh_hindi", ada)
	b.givenBack("bk_1", booking.CauseShowCancelled, booking.TenderCard, booking.RefundInitiated)
	var mine openapi.Booking
	got := b.get(asha, bookings+"/bk_1").is(http.StatusOK, &mine)
	require.Equal(t, booking.StatusCancelled, mine.Status)
	require.Equal(t, "CANCELLED", mine.Show.Status)
	require.Nil(t, mine.Ticket)
	require.Len(t, mine.Cancellations, 1)
	require.Equal(t, booking.CauseShowCancelled, mine.Cancellations[0].Cause)
	require.EqualValues(t, 30000, mine.Cancellations[0].Refund)
	require.Len(t, mine.Refunds, 1)
	require.Equal(t, booking.RefundInitiated, mine.Refunds[0].Status)
	for _, seat := range mine.Pricing.Lines {
		require.True(t, *seat.Cancelled)
	}
	last := mine.Trail[len(mine.Trail)-1]
	require.Equal(t, booking.ActorOperator, last.Actor)
	require.Equal(t, booking.ReasonShowCancelled, last.Reason, "the trail says why")
	require.NotContains(t, string(got.body), ada)
}
