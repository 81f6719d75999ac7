package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// House accounts of the ledger, one of each for every currency.
const (
	accountCardClearing = "card-clearing"
	accountTicketSales  = "ticket-sales"
	accountBookingFees  = "booking-fees"
	accountTax          = "tax"
)

// postSale books the money of a sale: from the tenders to tickets, fees and tax.
func postSale(ctx context.Context, q *db.Queries, b db.BookingForUpdateRow, payment booking.Payment) error {
	currency := *b.Currency
	var entries entries
	entries.add(booking.WalletID(b.CustomerID, currency), -payment.Wallet.Amount)
	entries.add(accountCardClearing+":"+currency, -payment.Card.Amount)
	entries.add(accountTicketSales+":"+currency, *b.Subtotal-*b.Discount)
	entries.add(accountBookingFees+":"+currency, *b.Fees)
	entries.add(accountTax+":"+currency, *b.Tax)
	_, err := q.LedgerPost(ctx, db.LedgerPostParams{
		Reference: b.ID + ":sale",
		BookingID: &b.ID,
		Reason:    "sale of tickets",
		Accounts:  entries.accounts,
		Amounts:   entries.amounts,
	})
	noWallet := db.Violates(err, "ledger_entries_account_id_fkey") && payment.Wallet.Amount > 0
	if noWallet || db.Violates(err, "ledger_accounts_wallet_never_negative") {
		return booking.Refuse(booking.CodeInsufficientFunds, "The wallet does not hold enough money for this booking.").
			With("currency", currency).With("required", payment.Wallet.Amount)
	}
	if err != nil {
		return fmt.Errorf("post sale: %w", err)
	}
	return nil
}

// entries collects the lines of one ledger transaction; a line of nothing is none.
type entries struct {
	accounts []string
	amounts  []int64
}

func (e *entries) add(account string, amount int64) {
	if amount != 0 {
		e.accounts = append(e.accounts, account)
		e.amounts = append(e.amounts, amount)
	}
}
