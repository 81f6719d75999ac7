package worker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
)

// Whatever customers, the provider, operators and failures do to a booking, in whatever order: in the end its seats and
// its money agree, in PostgreSQL and at the provider. Workflows and steps are the real ones, on a real database and the
// simulator; only Temporal's clock is a test's. `go test ./worker -run Books -rapid.checks=10000` takes minutes.
func TestTheBooksAgreeWhateverHappens(t *testing.T) {
	t.Parallel()
	books := openBooks(t)
	rapid.Check(t, func(draw *rapid.T) {
		story := books.newStory(t)
		story.drawCoupon(draw)
		story.drawFailures(draw)
		for range rapid.IntRange(1, 8).Draw(draw, "happenings") {
			story.drawAction(draw)
		}

		story.play()
		story.followUp(draw)
		story.endSale(draw)
		story.playTheShow(draw)

		story.requireBooksAgree()
	})
	books.requireClean()
}

// drawFailures decides which of the next steps are cut off, and which requests the provider does not answer.
func (s *story) drawFailures(draw *rapid.T) {
	modes := []cut{cutNot, cutNot, cutNot, cutBefore, cutAfter, cutTwice, cutLate}
	s.cuts = rapid.SliceOfN(rapid.SampledFrom(modes), 0, 16).Draw(draw, "cuts")
	s.providerFaults = rapid.SliceOfN(rapid.SampledFrom(providerFaults), 0, 3).Draw(draw, "provider's faults")
}

// drawAction chooses something that happens while the booking is open, or shortly after.
func (s *story) drawAction(draw *rapid.T) {
	at := drawSeconds(draw, 400)
	switch rapid.SampledFrom([]string{
		"buy", "buy", "buy", "buy", "buy", "use a card", "hear", "cancel", "operator", "end of processing", "spend", "close the show", "cancel the show", "rival",
	}).Draw(draw, "happening") {
	case "buy":
		s.drawPurchase(draw, at)
	case "use a card":
		s.drawCard(draw, at)
	case "hear":
		s.drawEvent(draw, at)
	case "cancel":
		s.update(at, booking.UpdateCancel, booking.CancelRequest{CorrelationID: "test"})
	case "operator":
		s.at(at, s.env.CancelWorkflow)
	case "end of processing":
		which, paid := rapid.IntRange(0, 2).Draw(draw, "intent"), rapid.Bool().Draw(draw, "paid")
		s.at(at, func() { s.endProcessing(which, paid) })
	case "spend":
		amount := rapid.Int64Range(1, 50000).Draw(draw, "amount")
		s.at(at, func() { s.spend(amount) })
	case "rival":
		s.drawRival(draw, at)
	case "close the show":
		s.at(at, func() {
			s.books.exec(`UPDATE shows SET status = 'CLOSED' WHERE id = $1 AND status = 'ON_SALE'`, s.show)
		})
	case "cancel the show":
		s.drawCancelledShow(draw, at)
	}
}

func drawSeconds(draw *rapid.T, most int) time.Duration {
	return time.Duration(rapid.IntRange(1, most).Draw(draw, "second")) * time.Second
}

// drawPurchase pays in some way; usually the card is used a while later, and the provider's event comes a while after that.
func (s *story) drawPurchase(draw *rapid.T, at time.Duration) {
	method := rapid.SampledFrom([]booking.Method{
		booking.MethodCard, booking.MethodCard, booking.MethodWalletAndCard, booking.MethodWalletAndCard, booking.MethodWallet,
	}).Draw(draw, "method")
	var amount *int64
	if method == booking.MethodWalletAndCard && rapid.Bool().Draw(draw, "a chosen part") {
		part := rapid.Int64Range(1, 60000).Draw(draw, "part")
		amount = &part
	}
	s.payments++
	s.update(at, booking.UpdatePay, booking.PayRequest{
		PaymentID: booking.PaymentID(s.id, fmt.Sprint(s.payments)), Method: method, WalletAmount: amount, RequestHash: "hash", CorrelationID: "test",
	})
	for range rapid.IntRange(0, 2).Draw(draw, "cards") {
		at += drawSeconds(draw, 60)
		s.drawCard(draw, at)
	}
	for range rapid.IntRange(0, 2).Draw(draw, "events") {
		at += drawSeconds(draw, 60)
		s.drawEvent(draw, at)
	}
}

func (s *story) drawCard(draw *rapid.T, at time.Duration) {
	card := rapid.SampledFrom(cards).Draw(draw, "card")
	which := rapid.IntRange(0, 2).Draw(draw, "intent")
	s.at(at, func() { s.useCard(which, card) })
}

// drawEvent delivers one of the provider's events so far: late, twice, out of order. Events that are never drawn are lost.
func (s *story) drawEvent(draw *rapid.T, at time.Duration) {
	which := rapid.IntRange(0, 5).Draw(draw, "event")
	s.at(at, func() { s.deliverEvent(which) })
}

// followUp runs what outlives the booking: settlements, and events that come when its workflow has ended.
func (s *story) followUp(draw *rapid.T) {
	s.endAllProcessing(rapid.Bool().Draw(draw, "paid in the end"))
	if rapid.Bool().Draw(draw, "a rival in the end") {
		s.rival(false)
	}
	for range rapid.IntRange(0, 4).Draw(draw, "late events") {
		s.deliverEvent(rapid.IntRange(0, 20).Draw(draw, "late event"))
	}
	for round := 0; len(s.settlements) > 0; round++ {
		require.Less(s.t, round, 20, "settlements without an end")
		next := s.settlements[0]
		s.settlements = s.settlements[1:]
		s.settle(next, s.drawDecision(draw))
	}
}

// endSale lets the customer give seats back and the show be cancelled, in either order.
func (s *story) endSale(draw *rapid.T) {
	if rapid.Bool().Draw(draw, "the cascade is first") {
		s.playCascade(draw)
		s.giveBack(draw)
		return
	}
	s.giveBack(draw)
	s.playCascade(draw)
}

func (s *story) requireBooksAgree() {
	s.runLate()
	t, b := s.t, s.books
	status := booking.Status(b.text(`SELECT COALESCE((SELECT status FROM bookings WHERE id = $1), '')`, s.id))
	require.Contains(t, []booking.Status{
		"", booking.StatusConfirmed, booking.StatusCompleted, booking.StatusExpired, booking.StatusCancelled, booking.StatusFailed,
	}, status, "the booking has not ended: %s", s)
	s.requireShowIsOver(status)
	bought := b.number(`SELECT count(*) FROM payments WHERE booking_id = $1 AND status = 'SUCCEEDED'`, s.id)
	require.LessOrEqual(t, bought, int64(1), "%s", s)
	s.requireCouponAgrees(bought == 1)
	seats := b.number(`SELECT count(*) FROM booking_seats WHERE booking_id = $1 AND cancellation_id IS NULL`, s.id)
	if status != booking.StatusConfirmed && status != booking.StatusCompleted {
		require.True(t, bought == 0 || status == booking.StatusCancelled && seats == 0, "paid and %s: %s", status, s)
		seats = 0
	}
	require.Equal(t, seats, b.number(`SELECT count(*) FROM claims WHERE booking_id = $1 AND state = 'SOLD'`, s.id), "sold seats: %s", s)
	require.EqualValues(t, 0, b.number(`SELECT count(*) FROM claims WHERE booking_id = $1 AND state = 'HELD'`, s.id), "held seats: %s", s)

	paid := func(part string) int64 {
		return b.number(`SELECT COALESCE(sum(`+part+`), 0)::bigint FROM payments WHERE booking_id = $1 AND status = 'SUCCEEDED'`, s.id)
	}
	refunds := func(which string) int64 {
		return b.number(`SELECT COALESCE(sum(amount), 0)::bigint FROM refunds WHERE booking_id = $1 AND `+which, s.id)
	}
	const toCard, toWallet = `tender = 'CARD' AND status = 'SUCCEEDED'`, `tender = 'WALLET' AND status = 'SUCCEEDED'`
	var kept int64
	for _, intent := range s.intents() {
		kept += intent.Received.Amount - b.refunded(intent.ID)
	}
	stray := refunds(`cancellation_id IS NULL`)
	require.Equal(t, paid("card_amount")+stray-refunds(toCard), kept, "what the provider holds: %s", s)
	require.Equal(t, s.given-s.spent-paid("wallet_amount")+refunds(toWallet),
		b.number(`SELECT balance FROM ledger_accounts WHERE id = $1`, booking.WalletID(s.customer, "INR")), "the wallet: %s", s)
	require.EqualValues(t, 0, b.number(`SELECT balance FROM ledger_accounts WHERE id = $1`, booking.ReservedWalletID(s.customer, "INR")), "reserved: %s", s)
	require.EqualValues(t, 0, b.number(`
		SELECT count(*) FROM payments p WHERE p.booking_id = $1 AND p.status NOT IN ('SUCCEEDED', 'REFUNDED', 'CANCELLED')
		AND NOT EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id AND r.status = 'NEEDS_ATTENTION')`, s.id), "open payments: %s", s)
}
