package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
)

const idempotencyHeader = "Idempotency-Key"

var idempotencyPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{8,64}$`)

// checkIdempotencyKey refuses a key that is not 8 to 64 characters of the permitted kind.
func checkIdempotencyKey(key string) error {
	if !idempotencyPattern.MatchString(key) {
		return malformed(idempotencyHeader, "Idempotency-Key must be 8 to 64 letters, digits, dots, underscores, colons or hyphens.")
	}
	return nil
}

// requestHash tells whether two requests under one key ask for the same. The parts come in canonical order and form.
func requestHash(parts ...any) (string, error) {
	canonical, err := json.Marshal(parts)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
