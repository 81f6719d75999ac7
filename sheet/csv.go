// Package sheet writes tables as CSV files that spreadsheets open correctly in any locale. All CSV of the product is written here.
//
// A file is UTF-8 with a byte order mark, without which Excel reads it in the machine's old code page,
// and otherwise follows RFC 4180: commas, CRLF, doubled quotes.
//
// No text becomes a formula. A spreadsheet splits a file by its locale's separator, a semicolon in much of the world,
// whatever separator the file uses, and then takes everything that begins with = + - or @ for a formula. So an
// apostrophe, which means "text" to a spreadsheet, is put before each of these wherever a cell can begin: at the start
// of a text and after each separator in it. Control characters and line breaks become spaces. Numbers stay numbers.
package sheet

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
	"unicode"
)

// ContentType is the media type of such a file.
const ContentType = "text/csv; charset=utf-8"

// byteOrderMark tells spreadsheets that a file is UTF-8.
const byteOrderMark = "\ufeff"

// Cell is one field of a table. The zero value is empty.
type Cell struct{ field string }

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// Text is a cell that is never a formula.
func Text(text string) Cell {
	return Cell{harmless(text)}
}

// Number is a cell to calculate with: digits, at most with a minus sign and a decimal point. Anything else is a text.
func Number(decimal string) Cell {
	if !number.MatchString(decimal) {
		return Text(decimal)
	}
	return Cell{decimal}
}

// CSV is the file of a table, beginning with its header.
func CSV(header []string, rows [][]Cell) ([]byte, error) {
	var file bytes.Buffer
	file.WriteString(byteOrderMark)
	lines := csv.NewWriter(&file)
	lines.UseCRLF = true
	fields := make([]string, 0, len(header))
	for _, title := range header {
		fields = append(fields, harmless(title))
	}
	if err := lines.Write(fields); err != nil {
		return nil, err
	}
	for _, row := range rows {
		fields = fields[:0]
		for _, cell := range row {
			fields = append(fields, cell.field)
		}
		if err := lines.Write(fields); err != nil {
			return nil, err
		}
	}
	lines.Flush()
	return file.Bytes(), lines.Error()
}

// harmless keeps a spreadsheet from taking any part of a text for a formula.
func harmless(text string) string {
	var kept strings.Builder
	// blank is what comes between the beginning of a cell and its first visible character: spreadsheets skip it.
	blank, begins := "", true
	for _, r := range text {
		separates := unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
		if separates {
			r = ' '
		}
		switch {
		case separates || strings.ContainsRune(",;|", r):
			kept.WriteString(blank)
			kept.WriteRune(r)
			blank, begins = "", true
		case begins && isBlank(r):
			blank += string(r)
		case begins && strings.ContainsRune("=+-@＝＋－＠", r):
			kept.WriteByte('\'')
			kept.WriteString(blank)
			kept.WriteRune(r)
			blank, begins = "", false
		default:
			kept.WriteString(blank)
			kept.WriteRune(r)
			blank, begins = "", false
		}
	}
	kept.WriteString(blank)
	return kept.String()
}

// isBlank says that a spreadsheet may skip a character before it checks whether a cell is a formula:
// spaces, the quotes of the format, and invisible characters.
func isBlank(r rune) bool {
	return r == '"' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}
