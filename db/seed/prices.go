package seed

import "time"

// evening is when the full price begins.
var evening = at(17, 0)

// Shares of the full price in percent.
const (
	fullPrice        = 100
	matineeDiscount  = 25
	weekendSurcharge = 20
	threeDSurcharge  = 10
	imaxSurcharge    = 35
)

// priceSteps are the amounts that prices are multiples of, in minor units.
var priceSteps = map[string]int64{"INR": 10_00, "GBP": 50, "USD": 50, "EUR": 50}

// showPrice computes the price of a show from that of a 2D evening on a weekday.
func showPrice(base int64, currency, format string, d day, starts clock) int64 {
	percent := int64(fullPrice)
	if starts < evening {
		percent -= matineeDiscount
	}
	if isWeekend(d, starts) {
		percent += weekendSurcharge
	}
	switch format {
	case format3D:
		percent += threeDSurcharge
	case formatIMAX:
		percent += imaxSurcharge
	}
	step := priceSteps[currency]
	return (base*percent/100 + step/2) / step * step
}

// isWeekend holds from Friday evening to Sunday night.
func isWeekend(d day, starts clock) bool {
	switch d.date().Weekday() {
	case time.Saturday, time.Sunday:
		return true
	case time.Friday:
		return starts >= evening
	default:
		return false
	}
}
