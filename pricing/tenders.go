package pricing

import "github.com/boxoffice/boxoffice/booking"

// Funds is what a customer can pay a total with. All amounts are in the minor unit of one currency.
type Funds struct {
	// Wallet is the available balance of the wallet.
	Wallet int64
	// Wanted is how much of it the customer wants to use; nil means as much as there is.
	Wanted *int64
	// MinimumCharge is the smallest amount that the provider charges to a card.
	MinimumCharge int64
}

// Tenders splits a total over wallet and card. If the rest is too small for a card, the split changes: the wallet
// gives less, so that the card can be charged, or everything, when the total itself is too small for a card.
//
// It refuses with VALIDATION_ERROR a wanted amount that is not between one and the total, and with
// INSUFFICIENT_FUNDS a wallet that holds less than it has to give.
func Tenders(total int64, funds Funds) (wallet, card int64, err error) {
	wallet = min(funds.Wallet, total)
	if funds.Wanted != nil {
		switch wallet = *funds.Wanted; {
		case wallet < 1 || wallet > total:
			return 0, 0, booking.InvalidField("walletAmount", "walletAmount must be between 1 and the total.").With("total", total)
		case wallet > funds.Wallet:
			return 0, 0, insufficient(wallet, funds, "The wallet does not hold that much. Leave walletAmount out to use what there is.")
		}
	}
	switch card = total - wallet; {
	case card == 0 || card >= funds.MinimumCharge:
		return wallet, card, nil
	case total >= funds.MinimumCharge:
		return total - funds.MinimumCharge, funds.MinimumCharge, nil
	case funds.Wallet >= total:
		return total, 0, nil
	default:
		return 0, 0, insufficient(total, funds, "The total is too small for a card, and the wallet does not hold enough for all of it.")
	}
}

func insufficient(required int64, funds Funds, message string) error {
	return booking.Refuse(booking.CodeInsufficientFunds, message).With("required", required).With("available", funds.Wallet)
}
