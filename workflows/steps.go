package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

func lockSeats(ctx workflow.Context, req booking.Request) (lock booking.Lock, err error) {
	err = locally(ctx, booking.StepLockSeats, "lock and price "+strings.Join(req.Seats, " "), req, &lock)
	return lock, err
}

func priceSeats(ctx workflow.Context, req booking.Pricing) (quote booking.Quote, err error) {
	err = locally(ctx, booking.StepPriceSeats, "price the seats", req, &quote)
	return quote, err
}

func reserveWallet(ctx workflow.Context, req booking.Reservation) (reserved booking.Reserved, err error) {
	err = locally(ctx, booking.StepReserveWallet, "reserve the wallet's part", req, &reserved)
	return reserved, err
}

func confirmBooking(ctx workflow.Context, c booking.Confirmation) (confirmed booking.Confirmed, err error) {
	err = durably(ctx, booking.StepConfirmBooking, "confirm: "+c.Reason, c, &confirmed)
	return confirmed, err
}

// confirmUnproven is confirmBooking when the provider has to be asked as well. It is retried for as long as patience allows.
func confirmUnproven(ctx workflow.Context, c booking.Confirmation, patience time.Duration) (confirmed booking.Confirmed, err error) {
	err = durablyFor(ctx, patience, booking.StepConfirmBooking, "confirm: "+c.Reason, c, &confirmed)
	return confirmed, err
}

func releaseSeats(ctx workflow.Context, req booking.Release) (released booking.Released, err error) {
	err = durably(ctx, booking.StepReleaseSeats, "release the seats: "+req.Reason, req, &released)
	return released, err
}

func notePayment(ctx workflow.Context, note booking.PaymentNote) error {
	return locally(ctx, booking.StepNotePayment, "note the payment as "+string(note.Status), note, nil)
}

// noteClosed is notePayment for a settlement: nobody waits for it, and no later workflow would do this.
func noteClosed(ctx workflow.Context, paymentID string) error {
	note := booking.PaymentNote{PaymentID: paymentID, Status: booking.PaymentCancelled}
	return durably(ctx, booking.StepNotePayment, "note the payment as "+string(note.Status), note, nil)
}

func openTopUp(ctx workflow.Context, req booking.TopUpRequest) (opening booking.TopUpOpening, err error) {
	err = locally(ctx, booking.StepOpenTopUp, "write the top-up of "+req.Amount.String(), req, &opening)
	return opening, err
}

func openTopUpIntent(ctx workflow.Context, req booking.TopUpRequest) (intent booking.Intent, err error) {
	retry := endlessRetry(200*time.Millisecond, 2*time.Second)
	err = askProvider(ctx, booking.StepOpenTopUpIntent, "ask the provider for an intent over "+req.Amount.String(),
		providerTry, openPatience, retry, req, &intent)
	return intent, err
}

func noteTopUp(ctx workflow.Context, note booking.TopUpNote) error {
	return locally(ctx, booking.StepNoteTopUp, "note the top-up as "+string(note.Status), note, nil)
}

// endTopUp is noteTopUp for the end of a top-up, which must be written.
func endTopUp(ctx workflow.Context, note booking.TopUpNote) (noted booking.TopUpNoted, err error) {
	err = durably(ctx, booking.StepNoteTopUp, "end the top-up as "+string(note.Status), note, &noted)
	return noted, err
}

func creditTopUp(ctx workflow.Context, credit booking.TopUpCredit) error {
	return durably(ctx, booking.StepCreditTopUp, "credit "+credit.Received.String(), credit, nil)
}

// creditUnproven is creditTopUp when the provider has to be asked as well. It is retried for as long as patience allows.
func creditUnproven(ctx workflow.Context, credit booking.TopUpCredit, patience time.Duration) error {
	return durablyFor(ctx, patience, booking.StepCreditTopUp, "credit "+credit.Received.String(), credit, nil)
}

func settleMoney(ctx workflow.Context, req booking.Settlement) (decision booking.SettlementDecision, err error) {
	err = durably(ctx, booking.StepSettleMoney, "decide about "+req.Intent.Received.String(), req, &decision)
	return decision, err
}

func openIntent(ctx workflow.Context, order booking.IntentOrder) (intent booking.Intent, err error) {
	retry := endlessRetry(200*time.Millisecond, 2*time.Second)
	err = askProvider(ctx, booking.StepOpenIntent, "ask the provider for an intent over "+order.Payment.Card.String(),
		providerTry, openPatience, retry, order, &intent)
	return intent, err
}

// closeIntent retries while the provider is processing the charge or does not answer, for as long as patience allows.
func closeIntent(ctx workflow.Context, intentID string, patience time.Duration) (closed booking.ClosedIntent, err error) {
	retry := endlessRetry(time.Second, booking.ProcessingPoll)
	if patience == 0 {
		retry.MaximumInterval = time.Hour
	}
	err = askProvider(ctx, booking.StepCloseIntent, "close "+intentID+", or learn that it is paid", closeTry, patience, retry,
		booking.IntentClosing{IntentID: intentID}, &closed)
	return closed, err
}

// refundIntent retries while the provider does not answer or has not decided, for as long as patience allows.
func refundIntent(ctx workflow.Context, order booking.RefundOrder, patience time.Duration) (receipt booking.RefundReceipt, err error) {
	err = askProvider(ctx, booking.StepRefundIntent, "refund "+order.Amount.String()+": "+order.Reason,
		closeTry, patience, endlessRetry(time.Second, 5*time.Minute), order, &receipt)
	return receipt, err
}

func cancelSeats(ctx workflow.Context, req booking.CancelSeatsRequest) (done booking.CancelledSeats, err error) {
	seats := "all seats"
	if len(req.Seats) > 0 {
		seats = strings.Join(req.Seats, " ")
	}
	err = durably(ctx, booking.StepCancelSeats, "cancel "+seats+": "+string(req.Cause), req, &done)
	return done, err
}

// sendRefund retries until the provider and the database answer.
func sendRefund(ctx workflow.Context, req booking.RefundRequest) (receipt booking.RefundReceipt, err error) {
	err = askProvider(ctx, booking.StepSendRefund, "send the refund, or ask how it stands", refundTry, 0,
		endlessRetry(time.Second, 5*time.Minute), req, &receipt)
	return receipt, err
}

func retryRefund(ctx workflow.Context, cmd booking.RefundCommand) (receipt booking.RefundReceipt, err error) {
	err = askProvider(ctx, booking.StepRetryRefund, "begin another attempt", refundTry, commandPatience,
		endlessRetry(200*time.Millisecond, 2*time.Second), cmd, &receipt)
	return receipt, err
}

func divertRefund(ctx workflow.Context, cmd booking.RefundCommand) (receipt booking.RefundReceipt, err error) {
	err = askProvider(ctx, booking.StepDivertRefund, "divert the refund to the wallet", refundTry, commandPatience,
		endlessRetry(200*time.Millisecond, 2*time.Second), cmd, &receipt)
	return receipt, err
}

func settleRefund(ctx workflow.Context, cmd booking.RefundCommand) (receipt booking.RefundReceipt, err error) {
	err = askProvider(ctx, booking.StepSettleRefund, "settle the refund as given back by hand", refundTry, commandPatience,
		endlessRetry(200*time.Millisecond, 2*time.Second), cmd, &receipt)
	return receipt, err
}

func closeRefund(ctx workflow.Context, cmd booking.RefundCommand) (receipt booking.RefundReceipt, err error) {
	err = askProvider(ctx, booking.StepCloseRefund, "close the refund: the bank has decided", refundTry, commandPatience,
		endlessRetry(200*time.Millisecond, 2*time.Second), cmd, &receipt)
	return receipt, err
}

// noteOutsideRefunds retries until the provider and the database answer.
func noteOutsideRefunds(ctx workflow.Context, req booking.OutsideRefundsRequest) (noted booking.OutsideRefundsNoted, err error) {
	err = askProvider(ctx, booking.StepNoteOutsideRefunds, "ask what has been given back of "+req.IntentID, refundTry, 0,
		endlessRetry(time.Second, 5*time.Minute), req, &noted)
	return noted, err
}

func assignOutsideRefund(ctx workflow.Context, cmd booking.OutsideRefundCommand) (done booking.OutsideRefund, err error) {
	err = locally(ctx, booking.StepAssignOutsideRefund, "assign "+cmd.OutsideRefundID+" to "+strings.Join(cmd.Seats, " "), cmd, &done)
	return done, err
}

func writeOffOutsideRefund(ctx workflow.Context, cmd booking.OutsideRefundCommand) (done booking.OutsideRefund, err error) {
	err = locally(ctx, booking.StepWriteOffOutsideRefund, "write off "+cmd.OutsideRefundID, cmd, &done)
	return done, err
}

func closeForSale(ctx workflow.Context, req booking.CascadeRequest) (state booking.CascadeState, err error) {
	err = durably(ctx, booking.StepCloseForSale, "close for sale: "+string(req.Kind)+" "+req.SubjectID, req, &state)
	return state, err
}

func findCascadeBookings(ctx workflow.Context, page booking.CascadePage) (found booking.CascadeBookings, err error) {
	err = durably(ctx, booking.StepFindCascadeBookings, "find bookings after "+page.After.BookingID, page, &found)
	return found, err
}

func findCascadeShows(ctx workflow.Context, page booking.CascadeShowsPage) (found booking.CascadeShows, err error) {
	err = durably(ctx, booking.StepFindCascadeShows, "find shows after "+page.After, page, &found)
	return found, err
}

func cascadeProgress(ctx workflow.Context, ref booking.CascadeRef) (progress booking.CascadeProgress, err error) {
	err = durablyWithin(ctx, countTry, booking.StepCascadeProgress, "count what is done and what is left", ref, &progress)
	return progress, err
}

func noteCascade(ctx workflow.Context, note booking.CascadeNote) (state booking.CascadeState, err error) {
	err = durably(ctx, booking.StepNoteCascade, "note "+string(note.Event)+": "+note.Reason, note, &state)
	return state, err
}

// endAbandoned retries for ever: the end has been decided, and nobody else may know of it.
func endAbandoned(ctx workflow.Context, req booking.Release) (ended booking.EndedBooking, err error) {
	err = durably(ctx, booking.StepEndAbandoned, "release the seats: "+req.Reason, req, &ended)
	return ended, err
}

func moveSeats(ctx workflow.Context, move booking.SeatMove) error {
	return locally(ctx, booking.StepMoveSeats, "move to "+strings.Join(move.To, " "), move, nil)
}

// findAbandoned reads a lot and is not urgent.
func findAbandoned(ctx workflow.Context) (found booking.Abandoned, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           booking.TaskQueue,
		StartToCloseTimeout: durableTry,
		RetryPolicy:         endlessRetry(time.Second, time.Minute),
		Summary:             "find what lost its workflow",
	})
	err = workflow.ExecuteActivity(ctx, booking.StepFindAbandoned).Get(ctx, &found)
	return found, err
}
