package booking

// FlagKind says what operators have to look at.
type FlagKind string

// The kinds of flag.
const (
	// FlagAudit: the audit found an invariant broken. The subject is the check.
	FlagAudit FlagKind = "AUDIT"
	// FlagDispute: a customer disputes a charge at their bank. The subject is the dispute.
	FlagDispute FlagKind = "DISPUTE"
	// FlagRefund: the provider refused a refund for good. The subject is the refund.
	FlagRefund FlagKind = "REFUND"
	// FlagStrayMoney: money came that no quote asked for. The subject is the intent.
	FlagStrayMoney FlagKind = "STRAY_MONEY"
)
