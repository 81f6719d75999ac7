package accounts_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/accounts"
	"github.com/boxoffice/boxoffice/booking"
)

func TestNamesOfPeopleAreWelcome(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Asha", "Asha Rao", "A. R. Rahman", "A.R.Rahman", "K.S. Chithra", "M.G.R.", "Dr.Smith", "Mohd.Ali", "St. John", "J.R.R. Tolkien", "Ph.D. Rao",
		"Martin Luther King Jr.", "O'Neill", "O’Neill", "Jean-Luc", "Raman s/o Krishnan", "Anwar A/L Ibrahim", "Ali b. Abi", "Ü", "李", "Zoë", "X Æ A-12",
		"A:son Ek", "Müller-Lüdenscheidt", "José María", "Nguyễn Văn A", "Łukasz", "Владимир Ильич", "Иванов И.И.", "محمد", "דָּוִד", "山田 太郎", "葛\U000E0100城",
		"علی\u200cرضا", // Persian: Alireza, the parts do not join
		"ക്രിസ്റ്റി അനില്\u200d", // Malayalam: the older form of a chillu, at the end of the name
		"ශ්\u200dරී", // Sinhala: Sri
		"क्\u200dष",
		strings.Repeat("m", accounts.MaxName),
	} {
		kept, err := accounts.Name("  " + name + " ")
		require.NoError(t, err, name)
		require.Equal(t, name, kept)
		require.Equal(t, name, accounts.NameOr(name, "Customer"))
	}
}

func TestANameMustNotBecomeALinkInAMail(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"http://evil.example", "HTTPS://evil.example/x", "see hxxp://evil", "evil://x", "www.evil.example", "WWW.evil", "www2.evil.example", "(www.evil.example)",
		"evil.example/x", "evil.example./x", "evil.example?x", "evil.example#x", "evil.example:8080", "You won! evil.com", "EVIL.COM", "evil.com.", "evil.co.uk", "bit.ly/x", "x.com",
		"evil。com", "evil．com", "evil｡com", "ｅｖｉｌ．ｃｏｍ", "ｈｔｔｐ：／／evil", "пример.рф", "例え.みんな", "192.168.0.1", "10.0.0.1/x", "eve@evil.example", "eve@localhost", "@eve",
		"mailto:eve", "tel:+4900", "javascript:alert(1)", "علی.com", "evil.co\u200dm", "Asha,evil.com", "a_b.com", "xn--e1afmkfd.xn--p1ai",
	} {
		requireNoName(t, name)
	}
}

func TestInvisibleCharactersAreRefusedInAName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", " ", "\u00a0", strings.Repeat("m", accounts.MaxName+1), "Mi\x00ra", "Mi\nra", "Mi\rra", "Mi\tra", "Mi\x7fra", "Mi\u0085ra", "Mi\u2028ra", "Mi\u2029ra",
		"Mi\u202era", "Mi\u202ara", "Mi\u2066ra\u2069", "Mi\u200era", "Mi\u200fra", "Mi\u061cra", "Mi\u200bra", "Mi\u2060ra", "Mi\ufeffra", "Mi\u00adra", "Mi\U000e0041ra",
		"Mi\u3164ra", "\u115f\u1160", "Mi\u034fra", "Mi\ue000ra", "Mi\ufff9ra", "Mi\xffra",
		"Mi\u200dra", "Mi\u200cra", "\u200dMira", "علی\u200c\u200c", "\u200c",
	} {
		requireNoName(t, name)
	}
}

func requireNoName(t *testing.T, name string) {
	t.Helper()
	_, err := accounts.Name(name)
	refusal := new(booking.Refusal)
	require.ErrorAs(t, err, &refusal, "%q", name)
	require.Equal(t, booking.CodeValidation, refusal.Code)
	require.Equal(t, "name", refusal.Details["field"])
}

func TestANameFromOutsideIsCleanedOrReplaced(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Asha Rao": "Asha Rao", " Asha\x00\u202e Rao\n": "Asha Rao", "": "Customer", "\u202e": "Customer", "eve@evil.example": "Customer", "Visit evil.com": "Customer",
		"ev\u200bil.com": "Customer", strings.Repeat("é", 300): strings.Repeat("é", accounts.MaxName), "Asha\xff": "Asha",
	} {
		require.Equal(t, want, accounts.NameOr(said, "Customer"), "%q", said)
	}
}

// Whatever is accepted fits into one line of a mail.
func FuzzName(f *testing.F) {
	for _, name := range []string{"Asha", "A.R.Rahman", "evil.com", "علی\u200cرضا", "Mi\u202era", "\xff", "www.x.y", "ｅ．ｃｏｍ"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := accounts.Name(text)
		if err != nil {
			require.NotEmpty(t, accounts.NameOr(text, "Customer"))
			return
		}
		require.True(t, utf8.ValidString(name))
		require.NotEmpty(t, name)
		require.LessOrEqual(t, utf8.RuneCountInString(name), accounts.MaxName)
		require.False(t, strings.ContainsFunc(name, unicode.IsControl))
		require.NotContains(t, name, "://")
		require.NotContains(t, name, "@")
		again, err := accounts.Name(name)
		require.NoError(t, err)
		require.Equal(t, name, again)
	})
}
