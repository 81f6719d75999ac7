package booking

import (
	"fmt"
	"strings"
)

// AuditScheduleID is the schedule that runs the daily audit of the books.
const AuditScheduleID = "audit-daily"

// AuditSummary is the result of the audit workflow.
type AuditSummary struct {
	// Clean says that every invariant holds.
	Clean bool `json:"clean"`
	// Checks is how many invariants were checked.
	Checks int `json:"checks"`
	// Broken are those that do not hold.
	Broken []AuditBreach `json:"broken"`
	// Duration is as people write it: "4.2s".
	Duration string `json:"duration"`
}

// AuditBreach is an invariant that does not hold.
type AuditBreach struct {
	Check string `json:"check"`
	// IDs are the first that break it; More says whether there are others.
	IDs  []string `json:"ids"`
	More bool     `json:"more,omitempty"`
}

// String shows the summary to operators.
func (s AuditSummary) String() string {
	if s.Clean {
		return fmt.Sprintf("The books are right: %d checks in %s.", s.Checks, s.Duration)
	}
	broken := make([]string, 0, len(s.Broken))
	for _, breach := range s.Broken {
		broken = append(broken, breach.String())
	}
	return fmt.Sprintf("The books are wrong: %s.", strings.Join(broken, "; "))
}

// String names the check and what breaks it.
func (b AuditBreach) String() string {
	text := b.Check + ": " + strings.Join(b.IDs, " ")
	if b.More {
		text += " and more"
	}
	return text
}
