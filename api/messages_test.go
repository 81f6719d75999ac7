package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// said is the message of a refusal.
func said(a answer) string {
	a.Helper()
	var body openapi.Error
	require.NoError(a, json.Unmarshal(a.body, &body), "%s", a.body)
	return body.Error.Message
}

func TestARefusalSaysWhatToDo(t *testing.T) {
	t.Parallel()
	b := withPaidBooking(t)
	for path, message := range map[string]string{
		statement + "?currency=INR":                           "from is required.",
		statement + "?from=2026-11-01":                        "currency is required.",
		transactions + "?limit=x":                             "limit has a value that cannot be read.",
		transactions + "?limit=1&limit=2":                     "limit may be given once.",
		transactions + "?from=2026-11-20T00:00:00+05:30":      "from must be a day such as 2026-11-20, or an RFC 3339 time, after 2000. Write the + of an offset as %2B.",
		transactions + "?from=2026-11-20&to=2026-11-19":       "to must be after from.",
		bookings + "/bk_1/cancellation?seatIds=A1&seatIds=A2": "seatIds may be given once, with commas between its values.",
	} {
		answered := b.get(asha, path)
		answered.refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, message, said(answered), path)
	}
	require.Equal(t, "Name 1 to 10 seats, or leave seatIds out for all of them.", said(b.get(asha, bookings+"/bk_1/cancellation?seatIds=")))

	for body, message := range map[string]string{
		`{"expectedRefund": 1.5}`:                  "expectedRefund must be a whole number, and not too long.",
		`{"expectedRefund": 99999999999999999999}`: "expectedRefund must be a whole number, and not too long.",
		`{"expectedRefund": "15000"}`:              "expectedRefund must be a whole number, and not too long.",
		`{"seatIds": "A1"}`:                        "seatIds must be a list.",
		`{"seatIds": [1]}`:                         "seatIds must be text, and not number.",
		`{"refundTo": true}`:                       "refundTo must be text, and not bool.",
		`null`:                                     "The body is not a JSON object that can be read.",
	} {
		answered := b.cancel(asha, "bk_1", body)
		answered.refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, message, said(answered), body)
	}
	required := b.do(call{method: http.MethodPost, path: bookings, user: asha, body: holdBody("sh_hindi", "A1")})
	required.refuses(http.StatusBadRequest, booking.CodeValidation)
	require.Equal(t, "Idempotency-Key is required.", said(required))
}
