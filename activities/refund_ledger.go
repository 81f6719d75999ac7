package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// The ledger has accounts only in the currencies that the cinema sells in. Money in another currency,
// which only a mistake at the provider can bring, goes back without being booked: row.InLedger is false.

// postCharge books money that was collected and bought nothing: it is owed.
func postCharge(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow) error {
	r := row.Refund
	charge := posting{reference: r.ID + ":charge", bookingID: valueOr(r.BookingID, ""), kind: booking.LedgerCharge, reason: "collected, and bought nothing"}
	charge.add(accountID(accountCardClearing, r.Currency), -r.Amount)
	charge.add(accountID(accountRefundsPayable, r.Currency), r.Amount)
	return postInLedger(ctx, q, row, charge)
}

// postCancellation takes the refund's part of a sale back: it is owed.
func postCancellation(ctx context.Context, q *db.Queries, id, bookingID, currency string, parts pricing.Parts) error {
	taken := posting{reference: id, bookingID: bookingID, kind: booking.LedgerCancellation, reason: "seats cancelled"}
	taken.add(accountID(accountTicketSales, currency), -parts.Tickets)
	taken.add(accountID(accountBookingFees, currency), -parts.Fees)
	taken.add(accountID(accountTax, currency), -parts.Tax)
	taken.add(accountID(accountRefundsPayable, currency), parts.Total())
	return post(ctx, q, taken)
}

// postRefund pays what is owed: by card, or into the customer's wallet, which is opened if there is none.
func postRefund(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow) error {
	r := row.Refund
	paid := posting{reference: refundReference(r), bookingID: valueOr(r.BookingID, ""), kind: booking.LedgerRefund, reason: "refunded"}
	paid.add(accountID(accountRefundsPayable, r.Currency), -r.Amount)
	if r.OutsideRefundID != nil {
		paid.kind, paid.reason = booking.LedgerOutsideRefundAssigned, "given back outside"
		paid.add(accountID(accountOutsideRefunds, r.Currency), r.Amount)
		return postInLedger(ctx, q, row, paid)
	}
	if r.Tender == booking.TenderCard {
		paid.add(accountID(accountCardClearing, r.Currency), r.Amount)
		return postInLedger(ctx, q, row, paid)
	}
	if row.CustomerID == "" {
		return errors.New("a refund without a customer has no wallet")
	}
	if err := q.LockDisputesOf(ctx, db.LockDisputesOfParams{UserID: row.CustomerID, Currency: r.Currency}); err != nil {
		return fmt.Errorf("lock the customer's disputes: %w", err)
	}
	wallet := booking.WalletID(row.CustomerID, r.Currency)
	if err := q.WalletOpen(ctx, db.WalletOpenParams{ID: wallet, UserID: row.CustomerID, Currency: r.Currency}); err != nil {
		return fmt.Errorf("open wallet: %w", err)
	}
	paid.add(wallet, r.Amount)
	if err := postInLedger(ctx, q, row, paid); err != nil {
		return err
	}
	return freezeReturned(ctx, q, row)
}

// freezeReturned freezes money that a disputed top-up had paid, as it comes back into the wallet.
func freezeReturned(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow) error {
	r := row.Refund
	if r.IntentID != nil || r.PaymentID == nil {
		return nil
	}
	err := q.DisputesFreezeReturned(ctx, db.DisputesFreezeReturnedParams{
		UserID: row.CustomerID, Currency: r.Currency, Amount: r.Amount, PaymentID: *r.PaymentID,
	})
	if err != nil {
		return fmt.Errorf("freeze what is disputed: %w", err)
	}
	return nil
}

// postReturned books that a refund by card has come back to us: it is owed again. row is the refund as it was.
func postReturned(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow) error {
	r := row.Refund
	from := accountCardClearing
	if r.OutsideRefundID != nil {
		from = accountOutsideRefunds
	}
	returned := posting{
		reference: refundReference(r) + ":returned", bookingID: valueOr(r.BookingID, ""),
		kind: booking.LedgerRefundReturned, reason: "the refund came back",
	}
	returned.add(accountID(from, r.Currency), -r.Amount)
	returned.add(accountID(accountRefundsPayable, r.Currency), r.Amount)
	return postInLedger(ctx, q, row, returned)
}

// postClosed books that the bank has given the customer what we owed: that reduces the loss of the dispute.
func postClosed(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow) error {
	r := row.Refund
	closed := posting{
		reference: fmt.Sprintf("%s:closed:%d", r.ID, r.Attempt), bookingID: valueOr(r.BookingID, ""),
		kind: booking.LedgerRefund, reason: "the customer's bank has given it back",
	}
	closed.add(accountID(accountRefundsPayable, r.Currency), -r.Amount)
	closed.add(accountID(accountDisputeLosses, r.Currency), r.Amount)
	return postInLedger(ctx, q, row, closed)
}

// postReopened books that a closed refund is owed again: the bank has given the money to us after all.
func postReopened(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow) error {
	r := row.Refund
	reopened := posting{
		reference: fmt.Sprintf("%s:reopened:%d", r.ID, r.Attempt), bookingID: valueOr(r.BookingID, ""),
		kind: booking.LedgerRefundReturned, reason: "the bank has changed its mind",
	}
	reopened.add(accountID(accountDisputeLosses, r.Currency), -r.Amount)
	reopened.add(accountID(accountRefundsPayable, r.Currency), r.Amount)
	return postInLedger(ctx, q, row, reopened)
}

// postOutsideRefund books that somebody has given money back at the provider. It has an account of its
// own until it pays something, or is written off.
func postOutsideRefund(ctx context.Context, q *db.Queries, outside db.OutsideRefund) error {
	return postOutside(ctx, q, outside, posting{
		reference: outside.ID, kind: booking.LedgerOutsideRefund, reason: "given back at the provider by hand",
	}, accountCardClearing, accountOutsideRefunds, outside.Amount)
}

// postOutsideReturned books that the provider could not give the money back in the end.
func postOutsideReturned(ctx context.Context, q *db.Queries, outside db.OutsideRefund) error {
	return postOutside(ctx, q, outside, posting{
		reference: outside.ID + ":returned", kind: booking.LedgerOutsideRefund, reason: "the refund made outside failed",
	}, accountOutsideRefunds, accountCardClearing, outside.Amount)
}

// postWrittenOff books money that was given back without being owed as a loss; a negative amount reverses that.
func postWrittenOff(ctx context.Context, q *db.Queries, outside db.OutsideRefund, amount int64, why string) error {
	return postOutside(ctx, q, outside, posting{
		reference: outside.ID + ":write-off:" + why, kind: booking.LedgerWriteOff, reason: "given back beyond what was owed",
	}, accountOutsideRefunds, accountRefundLosses, amount)
}

// postAdopted moves what was booked as a refund of ours, settled before refunds made outside were
// booked, to the refund made outside that has paid it.
func postAdopted(ctx context.Context, q *db.Queries, paid db.Refund, outside db.OutsideRefund) error {
	return postOutside(ctx, q, outside, posting{
		reference: refundReference(paid) + ":outside", kind: booking.LedgerOutsideRefundAssigned, reason: "given back outside",
	}, accountOutsideRefunds, accountCardClearing, paid.Amount)
}

// postGivenAgain books that a wallet has got back what was taken from it.
func postGivenAgain(ctx context.Context, q *db.Queries, outside db.OutsideRefund, wallet string) error {
	given := posting{
		reference: outside.ID + ":taken:returned", kind: booking.LedgerOutsideRefundAssigned, reason: "the refund made outside failed",
	}
	given.add(accountID(accountOutsideRefunds, outside.Currency), -outside.Assigned)
	given.add(wallet, outside.Assigned)
	return post(ctx, q, given)
}

func postOutside(ctx context.Context, q *db.Queries, outside db.OutsideRefund, p posting, to, from string, amount int64) error {
	known, err := q.InLedger(ctx, outside.Currency)
	if err != nil || !known {
		return err
	}
	p.bookingID = valueOr(outside.BookingID, "")
	p.add(accountID(to, outside.Currency), amount)
	p.add(accountID(from, outside.Currency), -amount)
	return post(ctx, q, p)
}

func refundReference(r db.Refund) string {
	if r.Tender == booking.TenderWallet {
		return r.ID + ":wallet"
	}
	return fmt.Sprintf("%s:%d", r.ID, r.Attempt)
}

func postInLedger(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, p posting) error {
	if !row.InLedger {
		return nil
	}
	return post(ctx, q, p)
}
