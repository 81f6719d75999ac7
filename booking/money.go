package booking

import (
	"fmt"
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
	sign, amount := "", m.Amount
	if amount < 0 {
		sign, amount = "-", -amount
	}
	symbol, ok := currencySymbols[m.Currency]
	if !ok {
		symbol = strings.TrimSpace(m.Currency) + " "
	}
	return fmt.Sprintf("%s%s%d.%02d", sign, symbol, amount/100, amount%100)
}

var currencySymbols = map[string]string{"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£"}
