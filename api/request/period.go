package request

import (
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/answer"
)

// Period is from a moment to another one, which is not included any more. Both are in UTC.
type Period struct{ From, To time.Time }

var (
	farPast   = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ReadPeriod reads the parameters from and to: times, or days in UTC, of which the last one is included to its end.
func ReadPeriod(from, to *string) (Period, error) {
	during := Period{From: farPast, To: farFuture}
	if from != nil {
		at, _, err := readMoment("from", *from)
		if err != nil {
			return Period{}, err
		}
		during.From = at
	}
	if to != nil {
		at, isDay, err := readMoment("to", *to)
		if err != nil {
			return Period{}, err
		}
		if isDay {
			at = at.AddDate(0, 0, 1)
		}
		during.To = at
	}
	if !during.To.After(during.From) {
		return Period{}, answer.Malformed("to", "to must be after from.")
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
		return time.Time{}, false, answer.Malformed(field, field+" must be a day such as 2026-11-20, or an RFC 3339 time, after 2000."+hint)
	}
	return at.UTC(), isDay, nil
}
