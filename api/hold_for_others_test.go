package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

func TestStaffHoldSeatsForACustomer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.holds()
	body := func(customer, seat string) map[string]any {
		return map[string]any{"userId": customer, "showId": "sh_hindi", "seatIds": []string{seat}}
	}
	b.post(asha, bookings, "key-00001", body(ravi, "A1")).refuses(http.StatusForbidden, booking.CodeForbidden)
	var held openapi.Booking
	b.post(sam, bookings, "key-00001", body(ravi, "A1")).is(http.StatusCreated, &held)
	require.Equal(t, booking.ID(ravi, "key-00001"), held.BookingId)
	b.get(ravi, bookings+"/"+held.BookingId).is(http.StatusOK, nil)
	b.get(asha, bookings+"/"+held.BookingId).refuses(http.StatusForbidden, booking.CodeForbidden)

	b.exec("UPDATE users SET disabled_at = now() WHERE id = $1", ravi)
	for _, customer := range []string{ravi, "us_nobody", "\x00"} {
		details := b.post(sam, bookings, "key-00002", body(customer, "A2")).refuses(http.StatusBadRequest, booking.CodeValidation)
		require.Equal(t, "userId", details["field"])
	}
}
