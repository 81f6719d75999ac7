package main

import (
	"fmt"
	"time"
)

const (
	// warmUpShare is the part of the run, from its beginning, that is not judged: caches and pools find their size.
	warmUpShare = 0.25
	// judgedFrom is how long must be left for a slope to be judged: what minutes say of an hour is mostly noise.
	judgedFrom = 5 * time.Minute
	// allowedGrowth is the part of its level by which something may grow in an hour.
	allowedGrowth = 0.2
	// allowedSlowing is how many times the p99 of the middle third the p99 of the last third may be.
	allowedSlowing = 1.5
	// allowedUnseen is the part of the looks at something that may see nothing.
	allowedUnseen = 0.05
	// allowedLoss is the part of the customers who may be turned away, and that of those who may meet with an error.
	allowedLoss = 0.001
)

// tooShort is why a growth is not judged that must be.
const tooShort = "too short to judge"

// verdict is what is said of one thing.
type verdict struct {
	What string `json:"what"`
	// OK is true as well where nothing is judged.
	OK     bool   `json:"ok"`
	Judged bool   `json:"judged"`
	Why    string `json:"why"`
}

// growth judges a trend. Something grows when it surely climbs by more than is allowed, and has climbed by more than its own noise and by more than
// the floor, so that a pool with one connection more does not count.
func growth(name string, t trend, floor float64) verdict {
	if floor == 0 {
		return verdict{What: name, OK: true, Why: "grows by its nature"}
	}
	if t.Hours < judgedFrom.Hours() {
		return verdict{What: name, OK: true, Why: tooShort}
	}
	climbed := t.AtLeastPerHour * t.Hours
	if t.AtLeastPerHour > allowedGrowth*t.Level && climbed > max(t.Noise, floor) {
		return verdict{What: name, Judged: true, Why: fmt.Sprintf("grows by at least %.0f %% of its level an hour", 100*t.AtLeastPerHour/max(t.Level, 1))}
	}
	return verdict{What: name, OK: true, Judged: true, Why: "holds"}
}

// sight judges whether something was seen often enough for anything to be said of it.
func sight(name string, seen, unseen int) verdict {
	return verdict{
		What: name, Judged: true, OK: seen > 0 && float64(unseen) <= allowedUnseen*float64(seen+unseen),
		Why: fmt.Sprintf("seen %d times, and not seen %d times", seen, unseen),
	}
}

// slowing compares the p99 of the last third of the run with that of the middle third.
func slowing(name string, middleThird, lastThird time.Duration) verdict {
	if middleThird == 0 || lastThird == 0 {
		return verdict{What: name, OK: true, Why: "too few to judge"}
	}
	times := lastThird.Seconds() / middleThird.Seconds()
	return verdict{
		What: name, Judged: true, OK: times <= allowedSlowing,
		Why: fmt.Sprintf("p99 %s in the middle third, %s in the last: %.2f times", inWords(middleThird), inWords(lastThird), times),
	}
}

// loss judges how many of all customers were turned away, or met with an error.
func loss(name string, lost, all int64) verdict {
	v := verdict{What: name, Judged: true, OK: float64(lost) <= allowedLoss*float64(all), Why: fmt.Sprintf("%d of %d", lost, all)}
	if all == 0 {
		v.OK = false
	}
	return v
}

// settled judges whether something is back to where it was after the customers have left.
func settled(name string, now, most float64) verdict {
	return verdict{What: name, Judged: true, OK: now <= most, Why: fmt.Sprintf("%.0f, at most %.0f", now, most)}
}

func inWords(d time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000)
}
