package answer

import "time"

// Optional leaves an empty text out of an answer.
func Optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// UTC is a time that may be missing, in UTC.
func UTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	utc := at.UTC()
	return &utc
}
