package accounts

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func FuzzEmail(f *testing.F) {
	for _, text := range []string{
		"asha@example.com", "Asha@Example.COM", " asha@example.com ", "Asha <asha@example.com>", "a@b\r\nBcc: c@d", `"a b"@example.com`, "a@[127.0.0.1]", "@", "a@b@c", "é@example.com", "a,b@example.com", "(x)a@b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		email, err := Email(text)
		if err != nil {
			require.ErrorAs(t, err, new(*booking.Refusal))
			return
		}
		again, err := Email(email)
		require.NoError(t, err)
		require.Equal(t, email, again)
		require.NotContains(t, email, "\n")
		require.NotContains(t, email, " ")
		require.LessOrEqual(t, len(email), maxEmail)
		require.True(t, strings.EqualFold(strings.TrimSpace(text), email))
	})
}
