package activities_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/boxoffice/boxoffice/provider"
)

func refundChanged() booking.NotifyShowRequest {
	return booking.NotifyShowRequest{Kind: booking.NoticeRefundChanged, ShowID: "sh_1", CorrelationID: "test"}
}

// mailed sends the notices about refunds that are due, repeatedly, and returns the lines about money that were mailed.
func (p *post) mailed() (lines []string) {
	p.t.Helper()
	before := len(p.box.Mails())
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { _, _ = p.notifier.WriteNotices(p.t.Context(), refundChanged()) })
	}
	all.Wait()
	require.Zero(p.t, p.writes(refundChanged()))
	require.NotContains(p.t, p.wanted(), booking.NoticeRefundChanged)
	p.sent(refundChanged())
	for _, mail := range p.box.Mails()[before:] {
		require.Contains(p.t, mail.Subject, "Your refund: Sholay on ")
		for line := range strings.Lines(mail.Text) {
			if strings.HasPrefix(line, "  ₹") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}

const (
	toCard       = "₹224.20 to the card that you paid with, which may take your bank some days"
	toWallet     = "₹224.20 to your wallet with us"
	neither      = "₹224.20, which could not be paid to your card: we look for another way, and tell you then"
	givenByBank  = "₹224.20, which your bank has given back to you: it decided your dispute of this payment, and nothing more comes from us"
	waitsForBank = "₹224.20, which waits until your bank has decided about your dispute of this payment"
)

// The whole way: it succeeds, comes back days later, is tried again, comes back once more, and goes to
// the wallet. The customer is told of each change once.
func TestTheCustomerIsToldOfEveryTurnOfARefund(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	id := p.cancelledByCard("bk_1", "A1")
	require.Equal(t, booking.RefundSucceeded, p.send(id).Status)
	require.Empty(t, p.mailed(), "it went as was promised")

	p.bank.turnRefund(id, provider.RefundFailed)
	for range 2 {
		require.Equal(t, booking.RefundNeedsAttention, p.send(id).Status)
	}
	require.Contains(t, p.wanted(), booking.NoticeRefundChanged)
	require.Equal(t, []string{neither}, p.mailed())
	for range 2 {
		p.retry(id, "first")
	}
	require.Equal(t, []string{toCard}, p.mailed())
	require.Equal(t, booking.RefundSucceeded, p.send(id).Status)
	require.Empty(t, p.mailed())
	p.bank.turnRefund(id+":2", provider.RefundFailed)
	require.Equal(t, booking.RefundNeedsAttention, p.send(id).Status)
	require.Equal(t, []string{neither}, p.mailed())
	for range 2 {
		_, err := p.steps.DivertRefund(t.Context(), command(id, "second"))
		require.NoError(t, err)
	}
	require.Equal(t, []string{toWallet}, p.mailed())
	require.Len(t, p.box.Mails(), 4)
	require.Contains(t, p.box.Mails()[0].Text, "Seats    A1\n")
}

// A customer who was not told in time is told how the refund stands now, and not how it stood.
func TestARefundThatTurnsAgainBeforeAnybodyIsTold(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	id := p.cancelledByCard("bk_1", "A1")
	p.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, p.send(id).Status)
	require.Equal(t, 1, p.writes(refundChanged()))
	_, err := p.steps.DivertRefund(t.Context(), command(id, "1"))
	require.NoError(t, err)

	require.Equal(t, []string{toWallet}, p.mailed())
	require.Equal(t, "SKIPPED OUTDATED, SENT", p.text(
		`SELECT string_agg(concat_ws(' ', status, failure_code), ', ' ORDER BY created_at, occasion::bigint) FROM notices WHERE kind = 'REFUND_CHANGED'`))
}

// A refund that waits by itself is no news, but one that an operator diverts meanwhile is.
func TestARefundThatIsDivertedWhileItWaitsIsTold(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	id := p.cancelledByCard("bk_1", "A1")
	p.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	require.Equal(t, booking.RefundFailed, p.send(id).Status)
	require.Empty(t, p.mailed())
	_, err := p.steps.DivertRefund(t.Context(), command(id, "1"))
	require.NoError(t, err)
	require.Equal(t, []string{toWallet}, p.mailed())
}

// When a refund was given back outside in part, and its rest is diverted, the customer is told of both.
func TestARemainderIsToldWithWhatWasGivenBackOutside(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	id := p.cancelledByCard("bk_1", "A1", "A2")
	p.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, p.send(id).Status)
	p.refundOutside("pi_1", 22420)
	_, err := p.steps.DivertRefund(t.Context(), command(id, "1"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{toCard, toWallet}, p.mailed())
	require.Equal(t, 22420, p.wallet("us_ben"))
}

// The bank's decision ends what was promised; a customer who cancels afterwards is told with the answer.
func TestTheCustomerIsToldWhatTheBankHasDecided(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	f := &disputeFixture{fixture: p.fixture, api: pgtest.OpenAs(t, p.dsn, "boxoffice_api", fixtureConns)}
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1", "A2")
	f.dispute("pi_1", "needs_response", twoSeats, taken(twoSeats))
	id := f.cancelSeats("bk_1", "A1").Refunds[0].RefundID
	require.Equal(t, booking.RefundFailed, f.send(id).Status)
	require.Empty(t, p.mailed(), "the answer to the cancellation has said so")
	f.dispute("pi_1", "lost", twoSeats)
	for range 2 {
		require.Equal(t, booking.RefundClosed, f.send(id).Status)
	}
	require.Equal(t, []string{givenByBank}, p.mailed())
	require.Equal(t, booking.RefundClosed, f.cancelSeats("bk_1").Refunds[0].Status)
	require.Empty(t, p.mailed())
	f.dispute("pi_1", "won", twoSeats, givenBack(twoSeats))
	require.Equal(t, booking.RefundSucceeded, f.send(id).Status)
	require.Equal(t, []string{toCard}, p.mailed(), "it has changed its mind")
}

// The notice of a cancelled show promises the card, and stays as it was mailed; what happens later is told in another notice.
func TestANoticeThatPromisedTheCardIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.showIn("50 hours")
	p.soldByCard("bk_1", "us_ben", "A1")
	p.exec(`UPDATE shows SET status = 'CANCELLED'`)
	req := cancelRequest("bk_1")
	req.Cause = booking.CauseShowCancelled
	done, err := p.steps.CancelSeats(t.Context(), req)
	require.NoError(t, err)
	id := done.Refunds[0].RefundID
	require.Equal(t, 1, p.writes(showCancelled()))
	p.sent(showCancelled())
	require.Contains(t, p.box.Mails()[0].Text, toCard)
	words := p.text(`SELECT words FROM notices WHERE kind = 'SHOW_CANCELLED'`)

	require.Equal(t, booking.RefundSucceeded, p.send(id).Status)
	p.bank.turnRefund(id, provider.RefundFailed)
	require.Equal(t, booking.RefundNeedsAttention, p.send(id).Status)
	require.Equal(t, []string{neither}, p.mailed())
	require.Equal(t, words, p.text(`SELECT words FROM notices WHERE kind = 'SHOW_CANCELLED'`))
	require.Contains(t, words, toCard)
}

// A notice of a cancelled show that has not been mailed yet says how the refund stands by then.
func TestWhatTheNoticeOfACancelledShowTellsIsNotToldAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	f := &disputeFixture{fixture: p.fixture, api: pgtest.OpenAs(t, p.dsn, "boxoffice_api", fixtureConns)}
	f.showIn("50 hours")
	f.soldByCard("bk_1", "us_ben", "A1")
	f.soldByCard("bk_2", "us_asha", "A2")
	f.dispute("pi_2", "needs_response", 22420, taken(22420))
	p.exec(`UPDATE shows SET status = 'CANCELLED'`)
	refunds := map[string]string{}
	for _, id := range []string{"bk_1", "bk_2"} {
		req := cancelRequest(id)
		req.Cause = booking.CauseShowCancelled
		done, err := p.steps.CancelSeats(t.Context(), req)
		require.NoError(t, err)
		refunds[id] = done.Refunds[0].RefundID
	}
	require.Equal(t, 2, p.writes(showCancelled()))
	p.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "expired"}
	require.Equal(t, booking.RefundNeedsAttention, f.send(refunds["bk_1"]).Status)
	require.NotContains(t, p.wanted(), booking.NoticeRefundChanged)
	p.exec(`ALTER TABLE refund_events DISABLE TRIGGER USER;
	        UPDATE refund_events SET at = at - interval '10 minutes'; UPDATE refunds SET created_at = created_at - interval '20 minutes';
	        ALTER TABLE refund_events ENABLE TRIGGER USER`)
	p.sent(showCancelled())
	texts := ""
	for _, mail := range p.box.Mails() {
		texts += mail.Text
	}
	require.Contains(t, texts, neither)
	require.Contains(t, texts, waitsForBank)
	require.Empty(t, p.mailed())
	f.dispute("pi_2", "lost", 22420)
	require.Equal(t, booking.RefundClosed, f.send(refunds["bk_2"]).Status)
	require.Equal(t, []string{givenByBank}, p.mailed())
}
