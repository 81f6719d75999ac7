#!/usr/bin/env bash
# golang.org/x/text/currency v0.43.0 formats and rounds money by data of 2017 that are not those of ISO 4217: it gives no
# decimals to currencies that have two there (and that card processors charge in hundredths), and does not know currencies that came since.
# Expected by a good engineer: currency.Standard.Rounding gives ISO 4217's digits. Seen: MUR, RSD and TZS have none, SLE, VES and MRU are
# not recognised. github.com/bojanz/currency v1.5.1 has both right. Exits with 1 if that changes.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'MOD'
module finding

go 1.25
MOD
cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"

	iso "github.com/bojanz/currency"
	"golang.org/x/text/currency"
)

func main() {
	asSeen := true
	for _, code := range []string{"EUR", "JPY", "MUR", "RSD", "TZS", "SLE", "VES", "MRU"} {
		digits, known := iso.GetDigits(code)
		said := "unknown"
		if unit, err := currency.ParseISO(code); err == nil {
			scale, _ := currency.Standard.Rounding(unit)
			said = fmt.Sprint(scale)
		}
		fmt.Printf("%s: ISO 4217 has %d decimals (known: %v), golang.org/x/text says %s\n", code, digits, known, said)
		switch code {
		case "EUR", "JPY":
			asSeen = asSeen && said == fmt.Sprint(digits)
		case "MUR", "RSD", "TZS":
			asSeen = asSeen && digits == 2 && said == "0"
		default:
			asSeen = asSeen && known && digits == 2 && said == "unknown"
		}
	}
	if !asSeen {
		fmt.Println("changed: this finding no longer holds as described")
		os.Exit(1)
	}
}
GO
export GOFLAGS=-mod=mod
go get golang.org/x/text@v0.43.0 github.com/bojanz/currency@v1.5.1 2>/dev/null
go run .
