package provider

import "strconv"

const (
	// maxKeyLength leaves room for the number below Stripe's limit of 255.
	maxKeyLength = 200
	// maxKeys bounds the walk. Stripe forgets a key after a day, so that a request that has used all of them succeeds again by itself.
	maxKeys = 20
)

// nthKey is the key for the n-th execution of one request, counted from zero.
//
// Stripe stores the answer to a key, even a server error, and repeats it for a day: a request that met one would fail for as
// long. But such an answer means that the key is dead: nothing is running under it any more. Then the next key in this fixed
// sequence may be tried, and since every caller walks the same sequence in the same order, two callers never use two live keys.
func nthKey(base string, n int) string {
	if n == 0 {
		return base
	}
	return base + "~" + strconv.Itoa(n+1)
}

// dead says that the key which got this error will never get another answer.
func (e *Error) dead() bool { return e.Kind == KindUnavailable && e.stored }

func checkKey(op, key string) *Error {
	if key == "" || len(key) > maxKeyLength {
		return refuse(op, "an idempotency key of 1 to "+strconv.Itoa(maxKeyLength)+" characters is required")
	}
	return nil
}
