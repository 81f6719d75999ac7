package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Internal accounts of the ledger, one of each for every currency.
const (
	accountCardClearing   = "card-clearing"
	accountRefundsPayable = "refunds-payable"
	accountTicketSales    = "ticket-sales"
	accountBookingFees    = "booking-fees"
	accountTax            = "tax"
	accountDisputeLosses  = "dispute-losses"
	// accountOutsideRefunds is what was given back outside and has paid nothing yet; accountRefundLosses,
	// what was given back that we did not owe.
	accountOutsideRefunds = "outside-refunds"
	accountRefundLosses   = "refund-losses"
)

// accountID is the id of an internal account in a currency.
func accountID(account, currency string) string { return account + ":" + currency }

// posting is a transaction of the ledger: its lines sum to zero, and its reference makes a repeat harmless.
type posting struct {
	reference string
	// bookingID is empty for money that belongs to no booking.
	bookingID string
	kind      booking.LedgerKind
	reason    string
	entries
}

// post books a transaction, once. A transaction without lines that move money is not written. A wallet
// with too little money is an error that violates ledger_accounts_wallet_never_negative.
func post(ctx context.Context, q *db.Queries, p posting) error {
	if len(p.accounts) == 0 {
		return nil
	}
	_, err := q.LedgerPost(ctx, db.LedgerPostParams{
		Reference: p.reference,
		BookingID: optional(p.bookingID),
		Kind:      p.kind,
		Reason:    p.reason,
		Accounts:  p.accounts,
		Amounts:   p.amounts,
	})
	if err != nil {
		return fmt.Errorf("post %s: %w", p.kind, err)
	}
	return nil
}

// entries collects the lines of one ledger transaction; a line with an amount of zero is left out.
type entries struct {
	accounts []string
	amounts  []int64
}

// add credits an account, or debits it if the amount is negative.
func (e *entries) add(account string, amount int64) {
	if amount != 0 {
		e.accounts = append(e.accounts, account)
		e.amounts = append(e.amounts, amount)
	}
}

// postSale books the money of a sale: from the tenders to tickets, fees and tax.
func postSale(ctx context.Context, q *db.Queries, b db.BookingForUpdateRow, payment booking.Payment) error {
	currency := *b.Currency
	sale := posting{reference: b.ID + ":sale", bookingID: b.ID, kind: booking.LedgerSale, reason: "sale of tickets"}
	sale.add(booking.WalletID(b.CustomerID, currency), -payment.Wallet.Amount)
	sale.add(accountID(accountCardClearing, currency), -payment.Card.Amount)
	sale.add(accountID(accountTicketSales, currency), *b.Total-*b.Fees-*b.Tax)
	sale.add(accountID(accountBookingFees, currency), *b.Fees)
	sale.add(accountID(accountTax, currency), *b.Tax)
	err := post(ctx, q, sale)
	if payment.Wallet.Amount > 0 && isWalletTooEmpty(err) {
		return insufficientFunds(currency, payment.Wallet.Amount)
	}
	return err
}

// isWalletTooEmpty says that a transaction failed because there is no such wallet, or not enough money in it.
func isWalletTooEmpty(err error) bool {
	return db.Violates(err, "ledger_accounts_wallet_never_negative") || db.Violates(err, "ledger_entries_account_id_fkey")
}

func insufficientFunds(currency string, required int64) error {
	return booking.Refuse(booking.CodeInsufficientFunds, "The wallet does not hold enough money for this booking. Pay by card, or with both.").
		With("currency", currency).With("required", required)
}
