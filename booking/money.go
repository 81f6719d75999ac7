package booking

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Money is an amount in the minor unit of its currency (paise, cents, yen) and that currency's ISO 4217 code in upper case.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// IsZero says whether the amount is zero.
func (m Money) IsZero() bool { return m.Amount == 0 }

// String formats the money for mails, summaries and logs: "₹302.00", "¥1800".
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

// Decimal is the amount in the major unit of its currency, for machines: "-302.00", "1800".
func (m Money) Decimal() string {
	sign, amount := "", uint64(m.Amount) //nolint:gosec // two's complement
	if m.Amount < 0 {
		sign, amount = "-", -amount // the smallest amount has no positive counterpart in int64
	}
	digits := Decimals(m.Currency)
	if digits == 0 {
		return sign + strconv.FormatUint(amount, 10)
	}
	whole := uint64(1)
	for range digits {
		whole *= 10
	}
	return fmt.Sprintf("%s%d.%0*d", sign, amount/whole, digits, amount%whole)
}

// Decimals says how many decimals the amounts of a currency have, by ISO 4217: two, unless the table says otherwise.
func Decimals(currency string) int {
	if digits, ok := decimals[currency]; ok {
		return digits
	}
	return 2
}

// decimals lists the currencies that do not have two decimals. It is a table of our own, since this package
// imports nothing but the standard library; a test compares all of it with a library that follows ISO 4217.
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0,
	"XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// IsCurrencyCode says whether a text has the form of an ISO 4217 code: three capital letters.
func IsCurrencyCode(text string) bool { return currencyPattern.MatchString(text) }

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

var currencySymbols = map[string]string{"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
