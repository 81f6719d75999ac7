package audit

import (
	"context"
	"strings"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// What checks count, as reports name it.
const (
	bookings      = "bookings"
	seats         = "seats"
	events        = "events"
	claims        = "claims"
	payments      = "payments"
	refunds       = "refunds"
	outside       = "outside refunds"
	cancellations = "cancellations"
	disputes      = "disputes"
	cascades      = "cascades"
	topUps        = "top-ups"
	coupons       = "coupons"
	redemptions   = "redemptions"
	accounts      = "accounts"
	transactions  = "transactions"
	entries       = "entries"
	// How many there are of these is known from the snapshot, once it has listed them.
	intents         = "intents"
	providerRefunds = "provider refunds"
	workflows       = "running workflows"
)

// check is one invariant.
type check struct {
	// name is the group and the subject, separated by a dot.
	name, description string
	looksAt           []string
	// waiting says that findings are work for an operator, and not damage.
	waiting bool
	run     func(context.Context, *snapshot) ([]Finding, error)
}

func (c check) group() string {
	group, _, _ := strings.Cut(c.name, ".")
	return group
}

// result reports at most limit of the findings.
func (c check) result(looked map[string]int64, found []Finding, limit int) Check {
	result := Check{
		Name: c.name, Description: c.description, Waiting: c.waiting, Looked: make(map[string]int64, len(c.looksAt)),
		Findings: found[:min(len(found), limit)], More: len(found) > limit,
	}
	for _, what := range c.looksAt {
		result.Looked[what] = looked[what]
	}
	return result
}

// checks are all invariants, group by group.
func checks() []check {
	var all []check
	for _, group := range [][]check{
		seatChecks(), bookingChecks(), ledgerChecks(), refundChecks(), outsideChecks(), disputeChecks(), cascadeChecks(), topUpChecks(), couponChecks(),
		providerChecks(), temporalChecks(),
	} {
		all = append(all, group...)
	}
	return all
}

// row is what every query of a check returns.
type row interface {
	~struct {
		ID      string
		Message string
	}
}

// whole makes a check of a query whose only parameter is how many rows are wanted.
func whole[R row](query func(*db.Queries, context.Context, int32) ([]R, error)) func(context.Context, *snapshot) ([]Finding, error) {
	return asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]R, error) { return query(q, ctx, s.rows()) })
}

// asking makes a check of a query that needs the snapshot.
func asking[R row](query func(context.Context, *db.Queries, *snapshot) ([]R, error)) func(context.Context, *snapshot) ([]Finding, error) {
	return func(ctx context.Context, s *snapshot) ([]Finding, error) {
		findings := []Finding{}
		err := s.ask(ctx, func(q *db.Queries) error {
			found, err := query(ctx, q, s)
			for _, r := range found {
				findings = append(findings, Finding(r))
			}
			return err
		})
		return findings, err
	}
}

func seatChecks() []check {
	return []check{
		{
			name: "seats.sold", description: "every sold seat was bought by its booking",
			looksAt: []string{claims, bookings}, run: whole((*db.Queries).AuditSeatsSold),
		},
		{
			name: "seats.bought", description: "every seat of a confirmed booking is sold to it",
			looksAt: []string{bookings, seats, claims}, run: whole((*db.Queries).AuditSeatsBought),
		},
		{
			name: "seats.held", description: "no booking that has ended holds a seat",
			looksAt: []string{claims, bookings}, run: whole((*db.Queries).AuditSeatsHeld),
		},
		{
			name: "seats.protected", description: "every unpaid booking holds all its seats until its deadline",
			looksAt: []string{bookings, claims}, run: whole((*db.Queries).AuditSeatsProtected),
		},
		{
			name: "seats.overdue", description: "no booking is unpaid after its deadline and the grace of its hold",
			looksAt: []string{bookings}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditSeatsOverdueRow, error) {
				return q.AuditSeatsOverdue(ctx, db.AuditSeatsOverdueParams{HoldGraceSeconds: booking.HoldGrace.Seconds(), MaxRows: s.rows()})
			}),
		},
	}
}

func bookingChecks() []check {
	return []check{
		{
			name: "bookings.trail", description: "the trail of every booking leads to its state without a gap",
			looksAt: []string{bookings, events}, run: whole((*db.Queries).AuditBookingsTrail),
		},
		{
			name: "bookings.quote", description: "every quote adds up, and is that of its seats",
			looksAt: []string{bookings, seats}, run: whole((*db.Queries).AuditBookingsQuote),
		},
		{
			name: "bookings.paid", description: "every confirmed booking is paid once and exactly, and no other is",
			looksAt: []string{bookings, payments}, run: whole((*db.Queries).AuditBookingsPaid),
		},
		{
			name: "bookings.sale", description: "every confirmed booking, and no other, has the sale of its quote in the ledger",
			looksAt: []string{bookings, payments, transactions, entries}, run: whole((*db.Queries).AuditBookingsSale),
		},
		{
			name: "bookings.cancelled", description: "a confirmed booking is cancelled when it has no seat left, and only then",
			looksAt: []string{bookings, seats}, run: whole((*db.Queries).AuditBookingsCancelled),
		},
		{
			name: "bookings.completed", description: "no booking is still confirmed a day after its show",
			looksAt: []string{bookings}, run: whole((*db.Queries).AuditBookingsCompleted),
		},
		{
			name: "bookings.payments", description: "no attempt to pay is open when its booking has ended",
			looksAt: []string{payments}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditBookingsOpenPaymentsRow, error) {
				return q.AuditBookingsOpenPayments(ctx, db.AuditBookingsOpenPaymentsParams{GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
	}
}

func ledgerChecks() []check {
	return []check{
		{
			name: "ledger.balanced", description: "every transaction has two entries or more, and sums to zero in each currency",
			looksAt: []string{transactions, entries}, run: whole((*db.Queries).AuditLedgerBalanced),
		},
		{
			name: "ledger.wallets", description: "every wallet's balance is the sum of its entries, and not negative",
			looksAt: []string{accounts, entries}, run: whole((*db.Queries).AuditLedgerWallets),
		},
		{
			name: "ledger.reserved", description: "what is reserved of a wallet is what its owner's open payments need",
			looksAt: []string{accounts, payments}, run: whole((*db.Queries).AuditLedgerReserved),
		},
		{
			name: "ledger.money", description: "what was paid for a booking is what was kept and what was given back",
			looksAt: []string{bookings, payments, refunds, entries}, run: whole((*db.Queries).AuditLedgerMoney),
		},
	}
}

func refundChecks() []check {
	return []check{
		{
			name: "refunds.opened", description: "money that bought nothing is owed, as much as is to be refunded",
			looksAt: []string{refunds, transactions, entries}, run: whole((*db.Queries).AuditRefundsOpened),
		},
		{
			name: "refunds.cancelled", description: "every cancellation gives back what it promised, and the ledger owes as much",
			looksAt: []string{cancellations, refunds, transactions, entries}, run: whole((*db.Queries).AuditRefundsCancelled),
		},
		{
			name: "refunds.trail", description: "the trail of every refund leads to its state",
			looksAt: []string{refunds}, run: whole((*db.Queries).AuditRefundsTrail),
		},
		{
			name: "refunds.posted", description: "every refund that succeeded, and no other, stands in the ledger once",
			looksAt: []string{refunds, transactions, entries}, run: whole((*db.Queries).AuditRefundsPosted),
		},
		{
			name: "refunds.owed", description: "what the ledger owes to customers is what has not been paid back yet",
			looksAt: []string{refunds, entries}, run: whole((*db.Queries).AuditRefundsOwed),
		},
		{
			name: "refunds.bounded", description: "no payment is paid back more than it collected",
			looksAt: []string{refunds, payments}, run: whole((*db.Queries).AuditRefundsWithinPayment),
		},
		{
			name: "refunds.waiting", description: "no refund waits for an operator, or is under way for more than a day",
			looksAt: []string{refunds}, waiting: true, run: whole((*db.Queries).AuditRefundsWaiting),
		},
	}
}

func disputeChecks() []check {
	return []check{
		{
			name: "disputes.posted", description: "all that banks took and gave back, with the fees, stands in the ledger once",
			looksAt: []string{disputes, transactions, entries}, run: whole((*db.Queries).AuditDisputesPosted),
		},
		{
			name: "disputes.decided", description: "what banks took is disputed until they decide, and then lost or back",
			looksAt: []string{disputes, entries}, run: whole((*db.Queries).AuditDisputesDecided),
		},
		{
			name: "disputes.frozen", description: "what is frozen of a wallet is what its owner's open disputes hold",
			looksAt: []string{disputes, accounts}, run: whole((*db.Queries).AuditDisputesFrozen),
		},
		{
			name: "disputes.held", description: "nothing is paid out for a charge while a bank decides, and no more than is left afterwards",
			looksAt: []string{disputes, refunds}, run: whole((*db.Queries).AuditDisputesHeld),
		},
		{
			name: "disputes.waiting", description: "no dispute that was won waits for its money for more than a day",
			looksAt: []string{disputes}, waiting: true, run: whole((*db.Queries).AuditDisputesWaiting),
		},
	}
}

func outsideChecks() []check {
	return []check{
		{
			name: "outside.booked", description: "every refund made outside stands in the ledger once, with what it has paid and what was written off",
			looksAt: []string{outside, refunds, transactions, entries}, run: whole((*db.Queries).AuditOutsideBooked),
		},
		{
			name: "outside.owed", description: "what the ledger keeps as given back outside is what has paid nothing yet",
			looksAt: []string{outside, entries}, run: whole((*db.Queries).AuditOutsideOwed),
		},
		{
			name: "outside.waiting", description: "no refund made outside waits for an operator to say what it was for",
			looksAt: []string{outside}, waiting: true, run: whole((*db.Queries).AuditOutsideWaiting),
		},
	}
}

func cascadeChecks() []check {
	return []check{
		{
			name: "cascades.bookings", description: "no sold booking of a cancelled show is forgotten",
			looksAt: []string{bookings, cascades}, run: whole((*db.Queries).AuditCascadesBookings),
		},
		{
			name: "cascades.trail", description: "the trail of every cascade leads to its state",
			looksAt: []string{cascades}, run: whole((*db.Queries).AuditCascadesTrail),
		},
		{
			name: "cascades.waiting", description: "no cascade is paused, or under way for more than a day",
			looksAt: []string{cascades}, waiting: true, run: whole((*db.Queries).AuditCascadesWaiting),
		},
	}
}

func topUpChecks() []check {
	return []check{{
		name: "top-ups.posted", description: "every top-up that succeeded, and no other, is in its wallet",
		looksAt: []string{topUps, transactions, entries}, run: whole((*db.Queries).AuditTopUpsPosted),
	}}
}

func couponChecks() []check {
	return []check{
		{
			name: "coupons.uses", description: "every coupon counts its redemptions, and no more than it allows",
			looksAt: []string{coupons, redemptions}, run: whole((*db.Queries).AuditCouponsUses),
		},
		{
			name: "coupons.customers", description: "no customer has used a coupon more often than each may",
			looksAt: []string{coupons, redemptions}, run: whole((*db.Queries).AuditCouponsCustomers),
		},
		{
			name: "coupons.redeemed", description: "every redemption follows its booking",
			looksAt: []string{redemptions, bookings}, run: whole((*db.Queries).AuditCouponsRedeemed),
		},
	}
}
