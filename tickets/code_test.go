package tickets

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestTicketsCannotBeForged(t *testing.T) {
	t.Parallel()
	key := []byte(strings.Repeat("k", 32))
	code, err := Sign(key, "bk_1", "sh_1", []string{"A1", "A2"})
	require.NoError(t, err)
	said, err := Verify(key, code)
	require.NoError(t, err)
	require.Equal(t, Code{TicketID: booking.TicketID("bk_1"), BookingID: "bk_1", ShowID: "sh_1", Seats: []string{"A1", "A2"}}, said)

	other, err := Sign(key, "bk_2", "sh_1", []string{"A3"})
	require.NoError(t, err)
	mixed := code[:strings.LastIndexByte(code, '.')] + other[strings.LastIndexByte(other, '.'):]
	for _, forged := range []string{"", ".", "BOX1", "BOX1.", "BOX1..", "BOX2" + code[4:], code + "A", code[:len(code)-2], mixed, strings.ToUpper(code)} {
		_, err := Verify(key, forged)
		require.ErrorIs(t, err, ErrForged, forged)
	}
	_, err = Verify([]byte(strings.Repeat("x", 32)), code)
	require.ErrorIs(t, err, ErrForged)
}

func FuzzTicket(f *testing.F) {
	key := bytes.Repeat([]byte("k"), 32)
	good, err := Sign(key, "bk_1", "sh_1", []string{"A1", "A2"})
	require.NoError(f, err)
	f.Add(good)
	f.Add("BOX1..")
	f.Add(strings.ToUpper(good))
	f.Fuzz(func(t *testing.T, code string) {
		said, err := Verify(key, code)
		if err != nil {
			require.ErrorIs(t, err, ErrForged)
			return
		}
		require.Equal(t, good, code, "nobody else can make a ticket")
		require.Equal(t, "bk_1", said.BookingID)
	})
}
