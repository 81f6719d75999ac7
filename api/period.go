package api

import (
	"strings"
	"time"
)

// period is from a moment to another one, which is not included any more.
type period struct{ from, to time.Time }

var (
	farPast   = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// readPeriod reads the parameters from and to: times, or days in UTC, of which the last one is included to its end.
func readPeriod(from, to *string) (period, error) {
	during := period{from: farPast, to: farFuture}
	if from != nil {
		at, _, err := readMoment("from", *from)
		if err != nil {
			return period{}, err
		}
		during.from = at
	}
	if to != nil {
		at, isDay, err := readMoment("to", *to)
		if err != nil {
			return period{}, err
		}
		if isDay {
			at = at.AddDate(0, 0, 1)
		}
		during.to = at
	}
	if !during.to.After(during.from) {
		return period{}, malformed("to", "to must be after from.")
	}
	return during, nil
}

// readMoment reads an RFC 3339 time, or a day, which means its beginning.
func readMoment(field, text string) (at time.Time, isDay bool, err error) {
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		isDay = true
	} else {
		at, err = time.Parse(time.RFC3339, text)
	}
	if err != nil || at.Before(farPast) || !at.Before(farFuture) {
		hint := ""
		if strings.Contains(text, " ") {
			hint = " Write the + of an offset as %2B."
		}
		return time.Time{}, false, malformed(field, field+" must be a day such as 2026-11-20, or an RFC 3339 time, after 2000."+hint)
	}
	return at.UTC(), isDay, nil
}
