package pricing_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/pricing"
)

func TestTendersSplitATotal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		total, balance, wanted int64 // wanted 0 for as much as there is
		wallet, card           int64
		code                   booking.Code
	}{
		"as much as there is":                              {total: 39900, balance: 15000, wallet: 15000, card: 24900},
		"a full wallet needs no card":                      {total: 39900, balance: 50000, wallet: 39900},
		"an empty wallet leaves it to the card":            {total: 39900, card: 39900},
		"as much as wanted":                                {total: 39900, balance: 15000, wanted: 900, wallet: 900, card: 39000},
		"the least that can be wanted":                     {total: 39900, balance: 15000, wanted: 1, wallet: 1, card: 39899},
		"all of it wanted":                                 {total: 39900, balance: 39900, wanted: 39900, wallet: 39900},
		"more than there is":                               {total: 39900, balance: 15000, wanted: 15001, code: booking.CodeInsufficientFunds},
		"more than it costs":                               {total: 39900, balance: 90000, wanted: 39901, code: booking.CodeValidation},
		"less than nothing":                                {total: 39900, balance: 90000, wanted: -1, code: booking.CodeValidation},
		"a rest too small for a card":                      {total: 39900, balance: 39890, wallet: 39850, card: 50},
		"a wanted rest too small for a card":               {total: 39900, balance: 90000, wanted: 39899, wallet: 39850, card: 50},
		"the smallest charge of all":                       {total: 50, balance: 10, card: 50},
		"a total too small for a card":                     {total: 40, balance: 40, wallet: 40},
		"a total too small for a card, a part wanted":      {total: 40, balance: 40, wanted: 5, wallet: 40},
		"a total too small for a card, the wallet as well": {total: 40, balance: 39, code: booking.CodeInsufficientFunds},
		"nothing to pay":                                   {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			funds := pricing.Funds{Wallet: test.balance, MinimumCharge: 50}
			if test.wanted != 0 {
				funds.Wanted = &test.wanted
			}

			wallet, card, err := pricing.Tenders(test.total, funds)

			if test.code != "" {
				refusal, ok := errors.AsType[*booking.Refusal](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, test.code, refusal.Code)
				if test.code == booking.CodeInsufficientFunds {
					require.Equal(t, test.balance, refusal.Details["available"])
				}
				return
			}
			require.NoError(t, err)
			require.Equal(t, [2]int64{test.wallet, test.card}, [2]int64{wallet, card})
		})
	}
}

func TestEverySplitPaysTheTotalWithMoneyThatIsThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.Int64Range(0, 300)
		total := amounts.Draw(t, "total")
		funds := pricing.Funds{Wallet: amounts.Draw(t, "balance"), MinimumCharge: rapid.Int64Range(1, 100).Draw(t, "minimum")}
		if rapid.Bool().Draw(t, "wants a part") {
			wanted := amounts.Draw(t, "wanted")
			funds.Wanted = &wanted
		}

		wallet, card, err := pricing.Tenders(total, funds)
		if err != nil {
			return
		}
		require.Equal(t, total, wallet+card)
		require.LessOrEqual(t, wallet, funds.Wallet)
		require.GreaterOrEqual(t, wallet, int64(0))
		require.True(t, card == 0 || card >= funds.MinimumCharge, "a card cannot be charged %d", card)
	})
}
