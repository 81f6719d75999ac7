package booking_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/bojanz/currency"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
)

func TestMoneyReadsAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for want, money := range map[string]booking.Money{
		"₹302.00":     {Amount: 30200, Currency: "INR"},
		"£0.05":       {Amount: 5, Currency: "GBP"},
		"-€12.34":     {Amount: -1234, Currency: "EUR"},
		"CHF 1000.00": {Amount: 100000, Currency: "CHF"},
		"¥1800":       {Amount: 1800, Currency: "JPY"},
		"-¥1":         {Amount: -1, Currency: "JPY"},
		"KWD 1.500":   {Amount: 1500, Currency: "KWD"},
		"HUF 2490.00": {Amount: 249000, Currency: "HUF"},
	} {
		require.Equal(t, want, money.String())
	}
}

func TestIdsAreDerivedAndTellTheirPartsApart(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^bk_[a-z2-7]{26}$`, booking.ID("us_1", "key"))
	different := map[string]bool{}
	for _, id := range []string{
		booking.ID("us_1", "key"), booking.ID("us_1", "kez"), booking.ID("us_1k", "ey"),
		booking.PaymentID("us_1", "key"), booking.UserID("us_1", "key"), booking.RefundID("us_1"), booking.TicketID("us_1"),
	} {
		require.False(t, different[id], "%s came twice", id)
		different[id] = true
	}
}

// The whole table is written out, so that changing it means changing this test.
func TestTransitionsAreThoseOfTheDesign(t *testing.T) {
	t.Parallel()
	all := []booking.Status{
		booking.StatusInitiated, booking.StatusSeatsLocked, booking.StatusPaymentPending, booking.StatusConfirmed,
		booking.StatusCompleted, booking.StatusFailed, booking.StatusExpired, booking.StatusCancelled,
	}
	allowed := map[string]bool{}
	for pair := range strings.FieldsSeq(`
		INITIATED>SEATS_LOCKED INITIATED>FAILED
		SEATS_LOCKED>PAYMENT_PENDING SEATS_LOCKED>FAILED SEATS_LOCKED>EXPIRED SEATS_LOCKED>CANCELLED
		PAYMENT_PENDING>CONFIRMED PAYMENT_PENDING>FAILED PAYMENT_PENDING>EXPIRED PAYMENT_PENDING>CANCELLED
		CONFIRMED>COMPLETED CONFIRMED>CANCELLED
		EXPIRED>CONFIRMED`) {
		allowed[pair] = true
	}
	for _, from := range all {
		for _, to := range all {
			pair := string(from) + ">" + string(to)
			require.Equal(t, allowed[pair], from.CanBecome(to), pair)
		}
	}
}

func TestNoBookingCanGoRoundInCircles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		status := booking.StatusInitiated
		seen := map[booking.Status]bool{}
		for {
			require.False(t, seen[status], "%s was entered twice", status)
			seen[status] = true
			var next []booking.Status
			for _, to := range []booking.Status{
				booking.StatusSeatsLocked, booking.StatusPaymentPending, booking.StatusConfirmed, booking.StatusCompleted,
				booking.StatusFailed, booking.StatusExpired, booking.StatusCancelled,
			} {
				if status.CanBecome(to) {
					next = append(next, to)
				}
			}
			if len(next) == 0 {
				return
			}
			status = rapid.SampledFrom(next).Draw(t, "next")
		}
	})
}

func TestSeatsAreInSeatingOrder(t *testing.T) {
	t.Parallel()
	labels := []string{"AA1", "B2", "A10", "Z1", "A2"}
	require.Equal(t, []string{"A2", "A10", "B2", "Z1", "AA1"}, booking.SortSeats(labels))
	require.Equal(t, "AA1", labels[0], "the caller's own order stays")
	require.Equal(t, []string{"7", "A1", "B", "C99999999999999999999"}, booking.SortSeats([]string{"C99999999999999999999", "B", "A1", "7"}),
		"what is no seat has its place, too: whoever locks seats does so in one order")
}

func TestSeatLabels(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"A1", "A10", "AB999"} {
		require.True(t, booking.IsSeatLabel(label), label)
	}
	for _, label := range []string{"", "A", "1", "A0", "A01", "a1", "ABC1", "A1000", "A1 ", "A-1", "Ａ1", "A1\x00"} {
		require.False(t, booking.IsSeatLabel(label), label)
	}
}

func TestRefusalsCrossJSONAndKeepTheirDetails(t *testing.T) {
	t.Parallel()
	taken := booking.SeatsTaken("sh_1", []string{"A1"})
	extended := taken.With("requestHash", "x")
	require.NotContains(t, taken.Details, "requestHash", "the original stays as it was")

	encoded, err := json.Marshal(extended)
	require.NoError(t, err)
	var decoded booking.Refusal
	require.NoError(t, json.Unmarshal(encoded, &decoded))

	require.Equal(t, booking.CodeSeatLockFailed, decoded.Code)
	require.Equal(t, []any{"A1"}, decoded.Details["unavailableSeatIds"])
	require.Contains(t, decoded.Error(), "SEAT_LOCK_FAILED")
	var asError *booking.Refusal
	require.ErrorAs(t, errors.Join(errors.New("other"), taken), &asError)
}

// The library's data are those of ISO 4217. A currency that our table leaves out has two decimals.
func TestDecimalsAreThoseOfISO4217(t *testing.T) {
	t.Parallel()
	codes := currency.GetCurrencyCodes()
	require.Greater(t, len(codes), 150)
	for _, code := range codes {
		digits, known := currency.GetDigits(code)
		require.True(t, known, code)
		require.EqualValues(t, digits, booking.Decimals(code), code)
	}
}

func TestMoneyReadsAsProgramsWriteIt(t *testing.T) {
	t.Parallel()
	for want, money := range map[string]booking.Money{
		"302.00": {Amount: 30200, Currency: "INR"}, "-0.05": {Amount: -5, Currency: "GBP"}, "0.00": {Currency: "SEK"},
		"1800": {Amount: 1800, Currency: "JPY"}, "-0.005": {Amount: -5, Currency: "KWD"}, "0": {Currency: "KRW"},
		"-92233720368547758.08": {Amount: math.MinInt64, Currency: "USD"}, "-9223372036854775808": {Amount: math.MinInt64, Currency: "JPY"},
	} {
		require.Equal(t, want, money.Decimal())
	}
}
