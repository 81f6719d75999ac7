package request

import (
	"regexp"

	"github.com/boxoffice/boxoffice/api/answer"
)

const idempotencyHeader = "Idempotency-Key"

var idempotencyPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{8,64}$`)

// CheckIdempotencyKey refuses a key that is not 8 to 64 characters of the permitted kind.
func CheckIdempotencyKey(key string) error {
	if !idempotencyPattern.MatchString(key) {
		return answer.Malformed(idempotencyHeader, "Idempotency-Key must be 8 to 64 letters, digits, dots, underscores, colons or hyphens.")
	}
	return nil
}
