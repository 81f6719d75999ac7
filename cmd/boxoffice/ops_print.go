package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// table writes rows in columns.
func table(w io.Writer, rows [][]string) {
	columns := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(columns, strings.Join(row, "\t"))
	}
	_ = columns.Flush()
}

func trimmed(body []byte) []byte { return bytes.TrimSpace(body) }

func clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }

// or is the text that a pointer points to, or an empty one.
func or(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func showStuck(w io.Writer, list openapi.StuckList) {
	rows := [][]string{{"SINCE", "WHY", "WHAT", "STATUS", "STEP", "NEXT TRY", "LATEST FAILURE"}}
	for _, item := range list.Items {
		rows = append(rows, stuckRows(item)...)
	}
	if len(list.Items) == 0 {
		_, _ = fmt.Fprintln(w, "Nothing is stuck.")
	} else {
		table(w, rows)
	}
	if list.OpenFlags > 0 {
		_, _ = fmt.Fprintf(w, "%d open flags: GET /api/v1/admin/flags\n", list.OpenFlags)
	}
	if !list.Complete {
		_, _ = fmt.Fprintln(w, "There is more: ask for one reason at a time with --why.")
	}
}

// stuckRows are one row for the item and one for each further step.
func stuckRows(item openapi.StuckItem) [][]string {
	what := or(item.WorkflowId)
	if what == "" && item.RefundId != nil {
		what = booking.RefundWorkflowID(*item.RefundId)
	}
	if what == "" {
		what = or(item.BookingId)
	}
	first := []string{clock(item.Since), strings.Join(item.Reasons, ","), what, or(item.Status), "", "", or(item.FailureCode)}
	if task := item.WorkflowTask; task != nil {
		first[4] = fmt.Sprintf("workflow task #%d", task.Attempt)
	}
	if item.Pause != nil {
		first[6] = paused(*item.Pause)
	}
	rows := [][]string{first}
	for i, step := range item.PendingActivities {
		row := first
		if i > 0 {
			row = make([]string, len(first))
			rows = append(rows, row)
		}
		row[4] = fmt.Sprintf("%s #%d", step.Name, step.Attempt)
		if step.NextAttemptAt != nil {
			row[5] = clock(*step.NextAttemptAt)
		}
		if step.LastFailure != nil {
			row[6] = *step.LastFailure
		}
		if step.Pause != nil {
			row[6] = paused(*step.Pause)
		}
	}
	return rows
}

// paused says who has paused something, and why.
func paused(pause openapi.StuckPause) string {
	if pause.Reason == nil {
		return "paused by " + pause.By
	}
	return "paused by " + pause.By + ": " + *pause.Reason
}

func showAdmission(w io.Writer, admission openapi.BookingAdmission) {
	_, _ = fmt.Fprintf(w, "The ticket of %s is good.\n", admission.BookingId)
}

func showExpiry(w io.Writer, expiry openapi.BookingExpiry) {
	_, _ = fmt.Fprintf(w, "%s is %s.\n", expiry.BookingId, expiry.Status)
	if expiry.Status == booking.StatusConfirmed {
		_, _ = fmt.Fprintln(w, "The money was faster: it has bought the seats.")
	}
}

func showMove(w io.Writer, move openapi.SeatMove) {
	_, _ = fmt.Fprintf(w, "%s has %s now (%s: %s to %s).\n", move.BookingId, strings.Join(move.SeatIds, " "), move.MoveId,
		strings.Join(move.FromSeats, " "), strings.Join(move.ToSeats, " "))
}

func showRefund(w io.Writer, history openapi.RefundHistory) {
	refund := history.Refund
	_, _ = fmt.Fprintf(w, "%s is %s: %s to the %s.\n", refund.RefundId, refund.Status, booking.Money{Amount: refund.Amount, Currency: refund.Currency}, refund.Tender)
	if refund.FailureCode != nil {
		_, _ = fmt.Fprintf(w, "The provider says: %s.\n", *refund.FailureCode)
	}
}

func showOutsideRefunds(w io.Writer, list openapi.OutsideRefundList) {
	rows := [][]string{{"NOTICED", "REFUND", "STATUS", "AMOUNT", "LEFT", "INTENT", "BOOKING", "TOP-UP"}}
	for _, refund := range list.OutsideRefunds {
		rows = append(rows, []string{
			clock(refund.RecordedAt), refund.OutsideRefundId, string(refund.Status), booking.Money{Amount: refund.Amount, Currency: refund.Currency}.String(),
			booking.Money{Amount: refund.Left, Currency: refund.Currency}.String(), refund.PaymentIntentId, or(refund.BookingId), or(refund.TopUpId),
		})
	}
	table(w, rows)
	showMore(w, list.NextCursor)
}

func showOutsideRefund(w io.Writer, history openapi.OutsideRefundHistory) {
	money := func(amount int64) booking.Money {
		return booking.Money{Amount: amount, Currency: history.OutsideRefund.Currency}
	}
	refund := history.OutsideRefund
	_, _ = fmt.Fprintf(w, "%s of %s is %s: %s have paid what was owed, %s are written off, %s are left.\n",
		refund.OutsideRefundId, money(refund.Amount), refund.Status, money(refund.Assigned), money(refund.WrittenOff), money(refund.Left))
}

func showWebhooks(w io.Writer, list openapi.WebhookList) {
	rows := [][]string{{"RECEIVED", "EVENT", "TYPE", "OUTCOME", "INTENT", "BOOKING", "REPLAYABLE"}}
	for _, webhook := range list.Webhooks {
		rows = append(rows, []string{
			clock(webhook.ReceivedAt), webhook.EventId, webhook.Type, webhook.Outcome, or(webhook.PaymentIntentId), or(webhook.BookingId), fmt.Sprint(webhook.Replayable),
		})
	}
	table(w, rows)
	showMore(w, list.NextCursor)
}

func showReplay(w io.Writer, replay openapi.WebhookReplay) {
	_, _ = fmt.Fprintf(w, "%s (%s) was delivered again: %s.\n", replay.Webhook.EventId, replay.Webhook.Type, replay.Outcome)
}

func showActions(w io.Writer, list openapi.ActionList) {
	rows := [][]string{{"AT", "ACTOR", "ACTION", "SUBJECT", "REASON", "DETAILS"}}
	for _, action := range list.Actions {
		rows = append(rows, []string{clock(action.At), action.Actor, action.Action, action.Subject, action.Reason, details(action.Details)})
	}
	table(w, rows)
	showMore(w, list.NextCursor)
}

func details(of *map[string]any) string {
	if of == nil {
		return ""
	}
	var words []string
	for name, value := range *of {
		words = append(words, fmt.Sprintf("%s=%v", name, value))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func showMore(w io.Writer, cursor *string) {
	if cursor != nil {
		_, _ = fmt.Fprintln(w, "There is more: the API gives further pages.")
	}
}

func showCascade(w io.Writer, report openapi.CascadeReport) {
	cascade, progress := report.Cascade, report.Progress
	paused := ""
	if cascade.Paused {
		paused = ", paused"
	}
	_, _ = fmt.Fprintf(w, "%s: %s %s, %s%s, since %s, by %s: %s\n", cascade.CascadeId, strings.ToLower(string(cascade.Kind)), cascade.SubjectId, cascade.Status, paused,
		clock(cascade.StartedAt), cascade.Actor, cascade.Reason)
	table(w, [][]string{
		{"SHOWS", "FOUND", "CANCELLED", "RELEASED", "CANCELLED BEFORE", "LEFT SOLD", "LEFT UNPAID", "REFUNDS WAITING", "NEED ATTENTION"},
		numbers(cascade.Shows, progress.Found, progress.Cancelled, progress.Released, progress.AlreadyCancelled, progress.Left.Sold, progress.Left.Unpaid,
			progress.Waiting, progress.NeedsAttention),
	})
	for _, refunds := range progress.Refunds {
		_, _ = fmt.Fprintf(w, "%d refunds to %s %s: %s\n", refunds.Count, refunds.Tender, refunds.Status,
			booking.Money{Amount: refunds.Amount, Currency: refunds.Currency})
	}
}

func numbers(counts ...int) []string {
	words := make([]string, len(counts))
	for i, n := range counts {
		words[i] = fmt.Sprint(n)
	}
	return words
}
