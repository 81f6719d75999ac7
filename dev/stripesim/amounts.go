package stripesim

import "strings"

// maxAmount is Stripe's limit of eight digits, in minor units.
const maxAmount = 99_999_999

// minimums are the smallest charges that Stripe publishes, in minor units. A
// currency that it does not list has none beyond one unit.
var minimums = map[string]int64{
	"usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50,
	"czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50,
	"jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200,
	"sek": 300, "sgd": 50, "thb": 1000,
}

func checkAmount(amount int64, currency string) *apiError {
	least := max(minimums[currency], 1)
	switch {
	case amount < 1:
		return invalid("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	case amount < least:
		return invalid("amount_too_small", "amount", "Amount must be at least %d in the smallest unit of %s", least, currency)
	case amount > maxAmount:
		return invalid("amount_too_large", "amount", "Amount must be no more than %d in the smallest unit of %s", maxAmount, currency)
	}
	return nil
}

func currencyOf(raw string) (string, *apiError) {
	if raw == "" {
		return "", invalid("parameter_missing", "currency", "Missing required param: currency.")
	}
	c := strings.ToLower(raw)
	letters := strings.Trim(c, "abcdefghijklmnopqrstuvwxyz") == ""
	if len(c) != 3 || !letters {
		return "", invalid("", "currency", "Invalid currency: %s.", raw)
	}
	return c, nil
}
