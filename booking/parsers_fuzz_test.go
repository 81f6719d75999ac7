package booking_test

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// Labels come from customers and go unchanged into statements, summaries and tickets.
func FuzzSeatLabel(f *testing.F) {
	for _, label := range []string{"A1", "AB999", "A0", "A01", "a1", "A1000", "A1\n", "Á1", "", "A1\x00"} {
		f.Add(label)
	}
	f.Fuzz(func(t *testing.T, label string) {
		row := strings.TrimRight(label, "0123456789")
		place, err := strconv.Atoi(strings.TrimPrefix(label, row))
		want := err == nil && place >= 1 && place <= 999 && row+strconv.Itoa(place) == label && (len(row) == 1 || len(row) == 2) &&
			strings.Trim(row, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		require.Equal(t, want, booking.IsSeatLabel(label), "%q", label)
	})
}

func FuzzCouponCode(f *testing.F) {
	for _, text := range []string{"WELCOME10", "welcome10", "ab", "a b", "ſtart", "K1l", "abc\n", strings.Repeat("x", 21), ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := booking.NormalCouponCode(text)
		if !ok {
			require.Empty(t, code)
			return
		}
		require.True(t, strings.EqualFold(text, code), "%q became %q", text, code)
		again, ok := booking.NormalCouponCode(code)
		require.True(t, ok)
		require.Equal(t, code, again, "it is normal already")
		require.Len(t, code, len(text), "no letter of another alphabet is taken for one of ours")
	})
}

// An amount that a program reads is the amount that was written.
func FuzzMoney(f *testing.F) {
	for _, amount := range []int64{0, 1, -1, 99, -100, 30200, 1<<63 - 1, -1 << 63} {
		f.Add(amount, "INR")
	}
	f.Add(int64(-5), "\x00é ")
	f.Fuzz(func(t *testing.T, amount int64, currency string) {
		money := booking.Money{Amount: amount, Currency: currency}
		whole, cents, ok := strings.Cut(money.Decimal(), ".")
		require.True(t, ok && len(cents) == 2, money.Decimal())
		minor, ok := new(big.Int).SetString(whole+cents, 10)
		require.True(t, ok, money.Decimal())
		require.Equal(t, strconv.FormatInt(amount, 10), minor.String())
		if amount < 0 {
			require.True(t, strings.HasPrefix(money.String(), "-"), money.String())
		}
		require.True(t, strings.HasSuffix(money.String(), strings.TrimPrefix(money.Decimal(), "-")))
		if utf8.ValidString(currency) {
			text, err := json.Marshal(money)
			require.NoError(t, err)
			var again booking.Money
			require.NoError(t, json.Unmarshal(text, &again))
			require.Equal(t, money, again)
		}
		if booking.IsCurrencyCode(currency) {
			require.Len(t, currency, 3)
			require.Equal(t, strings.ToUpper(currency), currency)
		}
	})
}

// Ids are derived: the same parts make the same id, other parts another one, and all ids have the form that the API knows.
func FuzzIDs(f *testing.F) {
	f.Add("us_asha", "key-00001", "us_ravi", "key-00001")
	f.Add("a", "bc", "ab", "c")
	f.Add("", "", "", "x")
	f.Fuzz(func(t *testing.T, user, key, otherUser, otherKey string) {
		id, other := booking.ID(user, key), booking.ID(otherUser, otherKey)
		require.Regexp(t, `^bk_[a-z2-7]{26}$`, id)
		require.Equal(t, id, booking.ID(user, key))
		if !strings.Contains(user+key+otherUser+otherKey, "\x00") { // which no part has: ids and keys consist of letters, digits and a few signs
			require.Equal(t, user == otherUser && key == otherKey, id == other)
		}
		require.NotEqual(t, strings.TrimPrefix(id, "bk_"), strings.TrimPrefix(booking.TopUpID(user, key), "tu_"), "what they name makes them differ")
	})
}

// The provider keeps this key with a refund and returns it, visible to anybody who sees its events.
func FuzzRefundKey(f *testing.F) {
	f.Add("rf_3jv7lrx4hotfqtcgzxqc3wvuvc", 2)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, id string, attempt int) {
		if !strings.Contains(id, ":") {
			require.Equal(t, id, booking.RefundOfKey(booking.RefundKey(id, attempt)))
		}
		require.Equal(t, booking.RefundOfKey(id), booking.RefundOfKey(booking.RefundOfKey(id)))
	})
}
