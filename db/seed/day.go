package seed

import "time"

// day is a date on the calendar, the same in every time zone: the days since 1 January 1970.
type day int

const secondsOfDay = 24 * 60 * 60

// dayOf is the date on a calendar at the place at this instant.
func dayOf(t time.Time, place *time.Location) day {
	year, month, dayOfMonth := t.In(place).Date()
	return day(time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

func (d day) date() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

// at is the instant when clocks at the place show the time, even when the clocks change that night.
func (d day) at(c clock, place *time.Location) time.Time {
	year, month, dayOfMonth := d.date().Date()
	return time.Date(year, month, dayOfMonth, int(c)/60, int(c)%60, 0, 0, place)
}

// cinemaWeek counts the weeks from Friday, when new films open; 2 January 1970 was the first.
func (d day) cinemaWeek() (week, dayOfWeek int) {
	return int(d-1) / 7, int(d-1) % 7
}

// clock is a time on the clock, in minutes after midnight.
type clock int

func at(hour, minute int) clock { return clock(hour*60 + minute) }
