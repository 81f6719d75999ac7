package audit

import (
	"slices"
	"time"
)

// maxLimit bounds how many ids a check may be asked to report.
const maxLimit = 10_000

// Report is the result of an audit.
type Report struct {
	StartedAt time.Time `json:"startedAt"`
	Duration  Duration  `json:"duration"`
	Checks    []Check   `json:"checks"`
	// Clean says that no check is broken.
	Clean bool `json:"clean"`
}

// Check is the result of one check.
type Check struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Looked counts what the check has looked at, by kind.
	Looked   map[string]int64 `json:"looked"`
	Duration Duration         `json:"duration"`
	// Waiting says that findings are work for an operator, while the books are correct.
	Waiting  bool      `json:"waiting,omitempty"`
	Findings []Finding `json:"findings"`
	// More says that there are more findings than the limit.
	More bool `json:"more"`
}

// Finding is something that breaks an invariant.
type Finding struct {
	ID string `json:"id"`
	// Message continues a sentence that begins with the id: "is CONFIRMED and has no sale".
	Message string `json:"message"`
}

// Broken says that the invariant does not hold.
func (c Check) Broken() bool { return len(c.Findings) > 0 && !c.Waiting }

// confirmedBy keeps what a second run of the check has found again, with the messages of the second.
// With more findings than the limit the two may have seen different ones: then the second result counts.
func (c Check) confirmedBy(second Check) Check {
	both := slices.DeleteFunc(slices.Clone(second.Findings), func(f Finding) bool {
		return !slices.ContainsFunc(c.Findings, func(first Finding) bool { return first.ID == f.ID })
	})
	if len(both) == 0 && c.More && second.More {
		return second
	}
	second.Findings = both
	second.More = second.More && c.More
	return second
}

// Duration is a time.Duration that is written in JSON as "1.25s".
type Duration time.Duration

// String shows the duration to the millisecond.
func (d Duration) String() string { return time.Duration(d).Round(time.Millisecond).String() }

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}
