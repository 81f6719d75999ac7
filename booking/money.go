package booking

import (
	"fmt"
	"regexp"
	"strings"
)

// Money is an amount in the minor unit of its currency (paise, cents) and that currency's ISO 4217 code in upper case.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// IsZero says whether there is nothing to pay or to return.
func (m Money) IsZero() bool { return m.Amount == 0 }

// String shows the money as people read it, for summaries and logs: "₹302.00".
//
// Every currency that Boxoffice sells in has two decimals; the currencies table holds no others.
func (m Money) String() string {
	symbol, ok := currencySymbols[m.Currency]
	if !ok {
		symbol = strings.TrimSpace(m.Currency) + " "
	}
	decimal, negative := strings.CutPrefix(m.Decimal(), "-")
	if negative {
		symbol = "-" + symbol
	}
	return symbol + decimal
}

// Decimal is the amount in the major unit of its currency, for programs: "-302.00".
func (m Money) Decimal() string {
	sign, amount := "", uint64(m.Amount) //nolint:gosec // two's complement
	if m.Amount < 0 {
		sign, amount = "-", -amount // the smallest amount has no positive counterpart in int64
	}
	return fmt.Sprintf("%s%d.%02d", sign, amount/100, amount%100)
}

// IsCurrencyCode says whether a text has the form of an ISO 4217 code: three capital letters.
func IsCurrencyCode(text string) bool { return currencyPattern.MatchString(text) }

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

var currencySymbols = map[string]string{"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£"}
