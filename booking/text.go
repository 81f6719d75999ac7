package booking

import "strings"

// maxExcerpt is how many bytes an excerpt has.
const maxExcerpt = 64

// Excerpt is the beginning of a text that came from outside, short and clean enough to be repeated to its sender or kept in PostgreSQL.
func Excerpt(text string) string {
	if len(text) > maxExcerpt {
		text = text[:maxExcerpt]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}
