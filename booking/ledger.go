package booking

// LedgerKind says what a transaction of the ledger is about.
type LedgerKind string

// The kinds of ledger transaction.
const (
	// LedgerGrant is money that the cinema gave to a wallet.
	LedgerGrant LedgerKind = "GRANT"
	// LedgerTopUp is money that a customer put into the wallet by card.
	LedgerTopUp LedgerKind = "TOP_UP"
	// LedgerSale is a confirmed booking.
	LedgerSale LedgerKind = "SALE"
	// LedgerReservation and LedgerRelease move money between a wallet and its reserve, while a card is being paid. A trigger on payments
	// posts them.
	LedgerReservation LedgerKind = "RESERVATION"
	LedgerRelease     LedgerKind = "RELEASE"
	// LedgerCharge is money that was collected but bought nothing: it is owed to the customer.
	LedgerCharge LedgerKind = "CHARGE"
	// LedgerCancellation takes back a part of a sale: it is owed to the customer.
	LedgerCancellation LedgerKind = "CANCELLATION"
	// LedgerRefund pays back what is owed.
	LedgerRefund LedgerKind = "REFUND"
	// LedgerRefundReturned is a refund that came back to us: it is owed again.
	LedgerRefundReturned LedgerKind = "REFUND_RETURNED"
	// LedgerDisputeWithdrawn and LedgerDisputeReinstated are what a bank takes because of a dispute, and gives back;
	// LedgerDisputeFee is the provider's fee for it, and LedgerDisputeLost the decision against us. Triggers on disputes post them.
	LedgerDisputeWithdrawn  LedgerKind = "DISPUTE_WITHDRAWN"
	LedgerDisputeReinstated LedgerKind = "DISPUTE_REINSTATED"
	LedgerDisputeFee        LedgerKind = "DISPUTE_FEE"
	LedgerDisputeLost       LedgerKind = "DISPUTE_LOST"
	// LedgerFreeze and LedgerUnfreeze move money between a wallet and its frozen part, which waits for a bank's decision.
	LedgerFreeze   LedgerKind = "FREEZE"
	LedgerUnfreeze LedgerKind = "UNFREEZE"
	// LedgerOutsideRefund is money that somebody gave back at the provider by hand, and its return if that refund failed.
	LedgerOutsideRefund LedgerKind = "OUTSIDE_REFUND"
	// LedgerOutsideRefundAssigned pays what is owed with money that was given back outside.
	LedgerOutsideRefundAssigned LedgerKind = "OUTSIDE_REFUND_ASSIGNED"
	// LedgerWriteOff is money that was given back beyond what we owed, and the reversal if it turns out to be owed after all.
	LedgerWriteOff LedgerKind = "WRITE_OFF"
)
