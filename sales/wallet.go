package sales

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// Balance is what a user has in the wallet of a currency, in minor units. Reserved is set aside for a
// payment under way, Frozen is disputed.
type Balance struct {
	Currency                    string
	Available, Reserved, Frozen int64
}

// Wallet reads a user's balances, one for each currency.
func (s *Sales) Wallet(ctx context.Context, userID string) ([]Balance, error) {
	rows, err := s.queries.WalletBalances(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("read the wallet: %w", err)
	}
	balances := make([]Balance, len(rows))
	for i, row := range rows {
		balances[i] = Balance{Currency: row.Currency, Available: row.Available, Reserved: row.Reserved, Frozen: row.Frozen}
	}
	return balances, nil
}

// TransactionType says what a transaction of a wallet was, in the owner's terms.
type TransactionType string

// The types of transactions.
const (
	TransactionTopUp      TransactionType = "TOP_UP"
	TransactionPurchase   TransactionType = "PURCHASE"
	TransactionRefund     TransactionType = "REFUND"
	TransactionGift       TransactionType = "GIFT"
	TransactionDispute    TransactionType = "DISPUTE"
	TransactionCorrection TransactionType = "CORRECTION"
)

// transactionTypes is the one table from kinds of the ledger to the types that customers read.
var transactionTypes = map[booking.LedgerKind]TransactionType{
	booking.LedgerTopUp:          TransactionTopUp,
	booking.LedgerSale:           TransactionPurchase,
	booking.LedgerRefund:         TransactionRefund,
	booking.LedgerGrant:          TransactionGift,
	booking.LedgerCharge:         TransactionCorrection,
	booking.LedgerCancellation:   TransactionCorrection,
	booking.LedgerRefundReturned: TransactionCorrection,
	// A top-up that was given back outside is taken from the wallet.
	booking.LedgerOutsideRefundAssigned: TransactionCorrection,
	booking.LedgerFreeze:                TransactionDispute,
	booking.LedgerUnfreeze:              TransactionDispute,
	booking.LedgerDisputeLost:           TransactionDispute,
}

var transactionWords = map[TransactionType]string{
	TransactionTopUp:      "Added by card",
	TransactionPurchase:   "Tickets",
	TransactionRefund:     "Refund",
	TransactionGift:       "Gift",
	TransactionDispute:    "Disputed card payment",
	TransactionCorrection: "Correction",
}

// kinds are those of the ledger that a type means; all of them if it is empty.
func (t TransactionType) kinds() []string {
	var kinds []string
	for kind, named := range transactionTypes {
		if named == t {
			kinds = append(kinds, string(kind))
		}
	}
	slices.Sort(kinds)
	return kinds
}

// describe says in words what a transaction was. The ledger's own reason is for the staff.
func (t TransactionType) describe(movieTitle *string) string {
	if movieTitle == nil {
		return transactionWords[t]
	}
	return transactionWords[t] + " for " + *movieTitle
}

func typeOf(kind string) TransactionType {
	if named, ok := transactionTypes[booking.LedgerKind(kind)]; ok {
		return named
	}
	return TransactionCorrection
}

// Transaction is something that came into a wallet or went out. Amount, and BalanceAfter it, are in
// minor units of Currency; At is in UTC.
type Transaction struct {
	// Number grows with time.
	Number               int64
	ID                   string
	Type                 TransactionType
	Amount, BalanceAfter int64
	Currency             string
	// BookingID is empty for transactions without a booking.
	BookingID, Description string
	At                     time.Time
}

// TransactionFilter says which transactions to read.
type TransactionFilter struct {
	UserID string
	// Before is the number before which to read, Most how many.
	Before int64
	Most   int32
	// Currency and Type are empty for all.
	Currency string
	Type     TransactionType
	// From is included, To is not.
	From, To time.Time
}

// Transactions reads what came into a user's wallets and what went out, the latest first.
func (s *Sales) Transactions(ctx context.Context, wanted TransactionFilter) ([]Transaction, error) {
	filter := db.WalletTransactionsParams{
		UserID: wanted.UserID, BeforeSeq: wanted.Before, FromTime: wanted.From, ToTime: wanted.To, PageSize: wanted.Most,
	}
	if wanted.Currency != "" {
		filter.Currency = &wanted.Currency
	}
	if wanted.Type != "" {
		filter.Kinds = wanted.Type.kinds()
	}
	rows, err := db.Search(ctx, s.options.Pool, (*db.Queries).WalletTransactions, filter)
	if err != nil {
		return nil, fmt.Errorf("read the wallet's transactions: %w", err)
	}
	transactions := make([]Transaction, len(rows))
	for i, row := range rows {
		named := typeOf(row.Kind)
		transactions[i] = Transaction{
			Number: row.Seq, ID: row.Reference, Type: named, Amount: row.Amount, BalanceAfter: row.BalanceAfter, Currency: row.Currency,
			Description: named.describe(row.MovieTitle), At: row.At.UTC(),
		}
		if row.BookingID != nil {
			transactions[i].BookingID = *row.BookingID
		}
	}
	return transactions, nil
}

// KnowsCurrency says whether a text is the code of a currency that is in use here.
func (s *Sales) KnowsCurrency(ctx context.Context, code string) (bool, error) {
	if !booking.IsCurrencyCode(code) {
		return false, nil
	}
	known, err := s.queries.CurrencyKnown(ctx, code)
	if err != nil {
		return false, fmt.Errorf("look for the currency: %w", err)
	}
	return known, nil
}
