package api

import (
	"slices"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// walletTypes is the one table from kinds of the ledger to the words that customers read.
var walletTypes = map[booking.LedgerKind]openapi.WalletTransactionType{
	booking.LedgerTopUp:          openapi.WalletTopUp,
	booking.LedgerSale:           openapi.WalletPurchase,
	booking.LedgerRefund:         openapi.WalletRefund,
	booking.LedgerGrant:          openapi.WalletGift,
	booking.LedgerCharge:         openapi.WalletCorrection,
	booking.LedgerCancellation:   openapi.WalletCorrection,
	booking.LedgerRefundReturned: openapi.WalletCorrection,
	// A top-up that was given back outside is taken from the wallet.
	booking.LedgerOutsideRefundAssigned: openapi.WalletCorrection,
	booking.LedgerFreeze:                openapi.WalletDispute,
	booking.LedgerUnfreeze:              openapi.WalletDispute,
	booking.LedgerDisputeLost:           openapi.WalletDispute,
}

// kindsOf gives the kinds of the ledger that a type means; nil means all of them.
func kindsOf(wanted *openapi.WalletTransactionType) ([]string, error) {
	if wanted == nil {
		return nil, nil
	}
	var kinds []string
	for kind, name := range walletTypes {
		if name == *wanted {
			kinds = append(kinds, string(kind))
		}
	}
	if kinds == nil {
		return nil, malformed("type", "type must be TOP_UP, PURCHASE, REFUND, GIFT, DISPUTE or CORRECTION.")
	}
	slices.Sort(kinds)
	return kinds, nil
}

func walletType(kind string) openapi.WalletTransactionType {
	if name, ok := walletTypes[booking.LedgerKind(kind)]; ok {
		return name
	}
	return openapi.WalletCorrection
}

func walletTransactionView(row db.WalletTransactionsRow) openapi.WalletTransaction {
	name := walletType(row.Kind)
	return openapi.WalletTransaction{
		Id: row.Reference, Type: name, Amount: row.Amount, Currency: row.Currency, At: row.At.UTC(), BookingId: row.BookingID,
		Description: walletDescription(name, row.MovieTitle), BalanceAfter: row.BalanceAfter,
	}
}

var walletWords = map[openapi.WalletTransactionType]string{
	openapi.WalletTopUp:      "Added by card",
	openapi.WalletPurchase:   "Tickets",
	openapi.WalletRefund:     "Refund",
	openapi.WalletGift:       "Gift",
	openapi.WalletDispute:    "Disputed card payment",
	openapi.WalletCorrection: "Correction",
}

// walletDescription says in words what a transaction was. What the ledger has for a reason is for the staff.
func walletDescription(name openapi.WalletTransactionType, movieTitle *string) string {
	if movieTitle == nil {
		return walletWords[name]
	}
	return walletWords[name] + " for " + *movieTitle
}
