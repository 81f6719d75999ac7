package booking

// FlagKind says what operators have to look at.
type FlagKind string

// The kinds of flag.
const (
	// FlagAudit: the audit found an invariant broken. The subject is the check.
	FlagAudit FlagKind = "AUDIT"
	// FlagDispute: a customer disputes a charge at their bank. The subject is the dispute.
	FlagDispute FlagKind = "DISPUTE"
	// FlagProvider: an event in the provider's name is not true, or cannot be verified or read. The
	// subject is the intent that it is about, or what is wrong with the deliveries.
	FlagProvider FlagKind = "PROVIDER"
	// FlagRefund: the provider refused a refund for good. The subject is the refund.
	FlagRefund FlagKind = "REFUND"
	// FlagOutsideRefund: somebody has given money back at the provider by hand. The subject is the provider's refund.
	FlagOutsideRefund FlagKind = "OUTSIDE_REFUND"
	// FlagStrayMoney: money came that no quote asked for. The subject is the intent.
	FlagStrayMoney FlagKind = "STRAY_MONEY"
)
