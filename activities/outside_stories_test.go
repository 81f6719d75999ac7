package activities_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// story is a random sequence of what customers, operators, the provider and banks do with the money of one charge.
type story struct {
	*disputeFixture

	random  *rand.Rand
	booking string
	intent  string
	charge  int64
	seats   []string
	// taken is what the bank has taken because of its dispute; status is the dispute's status at the provider.
	taken  int64
	status string
	log    []string
	step   int
	// unanswered are requests that the provider may carry out late.
	unanswered []db.Refund
}

func (s *story) logf(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// standing is what the provider has given back of the charge: at our request, and outside. What was
// made outside may not be known to us yet.
func (s *story) standing() (ours, outside int64) {
	s.t.Helper()
	awaited := s.ids(`SELECT r.id || CASE r.attempt WHEN 1 THEN '' ELSE ':' || r.attempt END AS id FROM refunds r
		WHERE r.intent_id = $1 AND NOT EXISTS (SELECT FROM outside_refunds o WHERE o.id = 're_' || r.id || CASE r.attempt WHEN 1 THEN '' ELSE ':' || r.attempt END)`, s.intent)
	s.bank.mu.Lock()
	defer s.bank.mu.Unlock()
	for key, refund := range s.bank.refunds {
		switch {
		case !refund.Status.Stands():
		case slices.Contains(awaited, key):
			ours += refund.Amount.Amount
		default:
			outside += refund.Amount.Amount
		}
	}
	return ours, outside
}

func (s *story) left() int64 {
	ours, byHand := s.standing()
	return s.charge - ours - byHand - s.taken
}

// paidOut is what we have given back of the charge, and how much more we may give back.
func (s *story) paidOut() (paid, may int64) {
	ours, _ := s.standing()
	paid = ours + int64(s.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE intent_id = $1 AND status = 'SUCCEEDED' AND tender = 'WALLET'`, s.intent))
	if s.count(`SELECT count(*) FROM disputes WHERE intent_id = $1 AND outcome = 'OPEN'`, s.intent) > 0 {
		return paid, 0
	}
	known := int64(s.count(`SELECT COALESCE(sum(amount), 0) FROM outside_refunds WHERE intent_id = $1 AND status = 'STANDING'`, s.intent))
	lost := int64(s.count(`SELECT COALESCE(sum(withdrawn), 0) FROM disputes WHERE intent_id = $1 AND outcome = 'LOST'`, s.intent))
	return paid, max(s.charge-paid-known-lost, 0)
}

// ids are those of a query.
func (s *story) ids(sql string, args ...any) (ids []string) {
	s.t.Helper()
	all := s.text(`SELECT COALESCE(string_agg(id, ' ' ORDER BY id), '') FROM (`+sql+`) AS found`, args...)
	return strings.Fields(all)
}

func (s *story) one(ids []string) (string, bool) {
	if len(ids) == 0 {
		return "", false
	}
	return ids[s.random.IntN(len(ids))], true
}

// allow accepts that an operator or a customer is refused, and that the provider does not answer.
func (s *story) allow(err error) {
	s.t.Helper()
	if err == nil {
		return
	}
	if _, away := errors.AsType[*provider.Error](err); away {
		return
	}
	var failed *temporal.ApplicationError
	require.ErrorAs(s.t, err, &failed, s.log)
	s.logf("  refused: %s", failed.Message())
	require.True(s.t, failed.Type() == booking.RefusalType || strings.Contains(err.Error(), "timeout") || !failed.NonRetryable(), "%v\n%s", err, strings.Join(s.log, "\n"))
}

func (s *story) cancelSome() {
	var left []string
	for _, seat := range s.seats {
		if s.count(`SELECT count(*) FROM booking_seats WHERE booking_id = $1 AND seat = $2 AND cancellation_id IS NULL`, s.booking, seat) == 1 {
			left = append(left, seat)
		}
	}
	seat, ok := s.one(left)
	if !ok {
		return
	}
	req := cancelRequest(s.booking, seat)
	if s.random.IntN(4) == 0 {
		req.Seats = nil
	}
	if s.random.IntN(2) == 0 {
		req.RefundTo = booking.RefundToWallet
	}
	s.logf("cancel %v to %s", req.Seats, req.RefundTo)
	_, err := s.steps.CancelSeats(s.t.Context(), req)
	s.allow(err)
}

func (s *story) byHand() {
	left := s.left()
	if left <= 0 {
		return
	}
	amount := []int64{left, min(left, 22420), min(left, 5000), min(left, 30000)}[s.random.IntN(4)]
	s.logf("%s of %d by hand", s.refundOutside(s.intent, amount), amount)
	if s.random.IntN(2) == 0 {
		s.note()
	}
}

func (s *story) note() {
	s.logf("note")
	s.noteOutside(s.intent)
}

func (s *story) outsideFails() {
	id, ok := s.one(s.ids(`SELECT id FROM outside_refunds WHERE status = 'STANDING'`))
	if ok {
		s.logf("%s fails", id)
		s.bank.turnRefund(id, provider.RefundFailed)
		s.note()
	}
}

func (s *story) sendOne() {
	id, ok := s.one(s.ids(`SELECT id FROM refunds`))
	if !ok {
		return
	}
	s.bank.refuseRefund, s.bank.failRefund, s.bank.refundFate = nil, nil, ""
	how := s.random.IntN(8)
	switch how {
	case 0:
		s.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: "invalid_request_error"}
	case 1:
		s.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeBalanceInsufficient}
	case 2:
		s.bank.failRefund = timeout()
	case 3:
		s.bank.refundFate = provider.RefundPending
	case 4:
		s.bank.refuseRefund = timeout()
	}
	if s.status == "needs_response" {
		s.bank.refuseRefund = &provider.Error{Kind: provider.KindRejected, Code: provider.CodeChargeDisputed}
	}
	s.logf("send %s, %d", id, how)
	receipt, err := s.steps.SendRefund(s.t.Context(), booking.RefundRequest{RefundID: id, CorrelationID: "test"})
	s.logf("  %v", receipt)
	s.allow(err)
	if how == 4 && err != nil {
		s.unanswered = append(s.unanswered, s.refund(id))
	}
	s.bank.refuseRefund, s.bank.failRefund, s.bank.refundFate = nil, nil, ""
}

func (s *story) refund(id string) db.Refund {
	s.t.Helper()
	row, err := db.New(s.worker).RefundByID(s.t.Context(), id)
	require.NoError(s.t, err)
	return row
}

// carryOutLate makes the provider carry out a refund request that it had not answered, and that perhaps nobody waits for any more.
func (s *story) carryOutLate() {
	if len(s.unanswered) == 0 {
		return
	}
	asked := s.unanswered[0]
	s.unanswered = s.unanswered[1:]
	key := booking.RefundKey(asked.ID, int(asked.Attempt))
	if _, made := s.bank.refunds[key]; made || s.left() < asked.Amount {
		return
	}
	s.logf("%s is carried out late", key)
	s.bank.carryOutLate(s.intent, key, asked.Amount)
}

func (s *story) bankReturns() {
	id, ok := s.one(s.ids(`SELECT provider_refund_id AS id FROM refunds WHERE provider_refund_id IS NOT NULL`))
	if !ok {
		return
	}
	key := strings.TrimPrefix(id, "re_")
	to := provider.RefundFailed
	if s.random.IntN(2) == 0 && s.bank.refunds[key].Status != provider.RefundFailed {
		to = provider.RefundSucceeded
	}
	s.logf("%s is %s", id, to)
	s.bank.turnRefund(key, to)
	receipt, err := s.steps.SendRefund(s.t.Context(), booking.RefundRequest{RefundID: booking.RefundOfKey(key), CorrelationID: "test"})
	s.logf("  %v", receipt)
	s.allow(err)
}

func (s *story) commandOne() {
	id, ok := s.one(s.ids(`SELECT id FROM refunds WHERE status IN ('FAILED', 'NEEDS_ATTENTION')`))
	if !ok {
		return
	}
	n := s.random.IntN(4)
	name := []string{"retry", "divert", "settle", "close"}[n]
	s.logf("%s %s", name, id)
	do := []func(booking.RefundCommand) (booking.RefundReceipt, error){
		func(c booking.RefundCommand) (booking.RefundReceipt, error) {
			return s.steps.RetryRefund(s.t.Context(), c)
		},
		func(c booking.RefundCommand) (booking.RefundReceipt, error) {
			return s.steps.DivertRefund(s.t.Context(), c)
		},
		func(c booking.RefundCommand) (booking.RefundReceipt, error) {
			return s.steps.SettleRefund(s.t.Context(), c)
		},
		func(c booking.RefundCommand) (booking.RefundReceipt, error) {
			return s.steps.CloseRefund(s.t.Context(), c)
		},
	}[n]
	for range 2 {
		receipt, err := do(command(id, fmt.Sprint("command ", s.step)))
		s.logf("  %v", receipt)
		s.allow(err)
	}
}

func (s *story) decideOutside() {
	id, ok := s.one(s.ids(`SELECT id FROM outside_refunds`))
	if !ok {
		return
	}
	cmd := outsideCommand(id, fmt.Sprint("command ", s.step))
	var err error
	if s.random.IntN(2) == 0 {
		cmd.Seats = []string{s.seats[s.random.IntN(len(s.seats))]}
		s.logf("assign %s to %v", id, cmd.Seats)
		_, err = s.steps.AssignOutsideRefund(s.t.Context(), cmd)
	} else {
		s.logf("write off %s", id)
		_, err = s.steps.WriteOffOutsideRefund(s.t.Context(), cmd)
	}
	s.allow(err)
}

func (s *story) disputeOne() {
	switch s.status {
	case "":
		if s.left() <= 0 {
			return
		}
		s.taken = []int64{s.left(), min(s.left(), 10000)}[s.random.IntN(2)]
		s.status = "needs_response"
		s.logf("dispute of %d", s.taken)
		s.dispute(s.intent, s.status, s.taken, taken(s.taken))
	case "needs_response":
		s.decide()
	}
}

func (s *story) decide() {
	amount := s.taken
	var moved []db.DisputeMovementWriteParams
	if s.status = "lost"; s.random.IntN(2) == 0 {
		s.status, s.taken = "won", 0
		moved = append(moved, givenBack(amount))
	}
	s.logf("the dispute is %s", s.status)
	s.dispute(s.intent, s.status, amount, moved...)
	for _, id := range s.ids(`SELECT id FROM refunds WHERE status <> 'SUCCEEDED'`) {
		receipt, err := s.steps.SendRefund(s.t.Context(), booking.RefundRequest{RefundID: id, CorrelationID: "test"})
		s.logf("  %s %v", id, receipt)
		s.allow(err)
	}
}

func (s *story) play() {
	s.logf("%d", s.step)
	before, may := s.paidOut()
	open := s.status == "needs_response"
	[]func(){
		s.cancelSome, s.byHand, s.note, s.sendOne, s.sendOne, s.sendOne, s.commandOne, s.commandOne, s.decideOutside, s.outsideFails,
		s.bankReturns, s.disputeOne, s.carryOutLate,
	}[s.random.IntN(13)]()
	after, _ := s.paidOut()
	if late := strings.Contains(s.log[len(s.log)-1], "late"); late || open && s.status != "needs_response" {
		may = s.charge
	}
	require.LessOrEqual(s.t, after-before, may, "more is paid out than is left of the charge\n%s", strings.Join(s.log, "\n"))
	require.GreaterOrEqual(s.t, s.left(), int64(0), "the provider has nothing left of the charge\n%s", strings.Join(s.log, "\n"))
	s.requireBooks()
}

// end brings everything to its end: everybody answers, and operators do their work.
func (s *story) end() {
	s.logf("the end")
	if s.status == "needs_response" {
		s.decide()
	}
	s.bank.mu.Lock()
	for id, refund := range s.bank.refunds {
		if refund.Status == provider.RefundPending {
			refund.Status = provider.RefundSucceeded
			s.bank.refunds[id] = refund
		}
	}
	s.bank.mu.Unlock()
	s.note()
	for n := range 6 {
		for _, id := range s.ids(`SELECT id FROM refunds WHERE status NOT IN ('SUCCEEDED', 'CLOSED')`) {
			receipt, err := s.steps.SendRefund(s.t.Context(), booking.RefundRequest{RefundID: id, CorrelationID: "test"})
			s.logf("  %s %v", id, receipt)
			s.allow(err)
			if receipt.Status == booking.RefundNeedsAttention {
				receipt, err := s.steps.RetryRefund(s.t.Context(), command(id, fmt.Sprint("end ", n)))
				s.logf("  retry %s %v", id, receipt)
				s.allow(err)
			}
		}
	}
	for _, id := range s.ids(`SELECT id FROM outside_refunds WHERE status = 'STANDING' AND assigned + written_off < amount`) {
		s.writeOff(id, "end")
	}
	s.requireBooks()
	all := strings.Join(s.log, "\n")
	require.Empty(s.t, s.ids(`SELECT id FROM refunds WHERE status NOT IN ('SUCCEEDED', 'CLOSED')`), all)
	ours, byHand := s.standing()
	require.EqualValues(s.t, s.count(`SELECT COALESCE(sum(amount), 0) FROM refunds WHERE status = 'SUCCEEDED' AND tender = 'CARD' AND outside_refund_id IS NULL`), ours, all)
	require.EqualValues(s.t, s.count(`SELECT COALESCE(sum(amount), 0) FROM outside_refunds WHERE status = 'STANDING'`), byHand, all)
	require.Equal(s.t, int(-s.left()), s.account("card-clearing:INR")-s.count(`SELECT COALESCE(sum(fee), 0) FROM dispute_movements`), all)
	summary := s.auditBooks()
	require.True(s.t, summary.Clean, "%v\n%s", summary, all)
}

// Whatever happens in whatever order: no more is paid out than is left of a charge, nothing is paid
// out while a bank decides, and everything that is owed is settled in the end, with clean books.
func TestRandomStoriesOfRefundsByUsByHandAndByBanks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := &story{disputeFixture: newDisputeFixture(t), random: rand.New(rand.NewPCG(seed, 1)), booking: "bk_1", intent: "pi_1", seats: []string{"A1", "A2", "A3"}}
			s.showIn("50 hours")
			if seed%2 == 0 {
				s.charge = s.soldByCard("bk_1", "us_ben", s.seats...).Card.Amount
			} else {
				s.charge = s.soldHybrid("bk_1", 20000, s.seats...).Card.Amount
			}
			for s.step = range 30 {
				s.play()
			}
			s.end()
		})
	}
}
