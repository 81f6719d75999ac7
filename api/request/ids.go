package request

import (
	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/booking"
)

// CheckID refuses a filter that cannot be the id of anything.
func CheckID(name string, value *string) error {
	if value != nil && !booking.IsID(*value) {
		return answer.Malformed(name, name+" must be an id.")
	}
	return nil
}
