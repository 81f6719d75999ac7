package sheet_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/sheet"
)

// field is how a text is written into a file, without the quotes.
func field(t *testing.T, cell sheet.Cell) string {
	t.Helper()
	file, err := sheet.CSV([]string{"first", "cell"}, [][]sheet.Cell{{sheet.Text("x"), cell}})
	require.NoError(t, err)
	lines := read(t, file, ',')
	require.Len(t, lines, 2)
	return lines[1][1]
}

func read(t *testing.T, file []byte, separator rune) [][]string {
	t.Helper()
	content, marked := bytes.CutPrefix(file, []byte("\ufeff"))
	require.True(t, marked, "no byte order mark")
	lines := csv.NewReader(bytes.NewReader(content))
	lines.Comma, lines.LazyQuotes, lines.FieldsPerRecord = separator, true, -1
	read, err := lines.ReadAll()
	require.NoError(t, err)
	return read
}

func TestAFileIsMarkedAsUTF8AndHasCommasAndCRLF(t *testing.T) {
	t.Parallel()
	file, err := sheet.CSV([]string{"title", "amount"}, [][]sheet.Cell{
		{sheet.Text(`Sholay, "uncut"`), sheet.Number("-18.00")},
		{sheet.Text("आरआरआर"), sheet.Number("1800")},
		{{}, {}},
	})
	require.NoError(t, err)
	require.Equal(t, "\ufefftitle,amount\r\n\"Sholay, \"\"uncut\"\"\",-18.00\r\nआरआरआर,1800\r\n,\r\n", string(file))
}

func TestATextIsNeverAFormulaAndReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Sholay":                        "Sholay",
		"Alien - The Return":            "Alien - The Return",
		"2+2=4":                         "2+2=4",
		"me@example.com":                "me@example.com",
		"=1+1":                          "'=1+1",
		"+1":                            "'+1",
		"-1":                            "'-1",
		"@SUM(A1)":                      "'@SUM(A1)",
		"＝1+1":                          "'＝1+1",
		"Foo;=1+1":                      "Foo;'=1+1",
		"Foo,=1+1":                      "Foo,'=1+1",
		"Foo|=1+1":                      "Foo|'=1+1",
		"Foo; -1":                       "Foo;' -1",
		`Foo;"=1+1"`:                    `Foo;'"=1+1"`,
		"Foo;\u200b\u202e=1+1":          "Foo;'\u200b\u202e=1+1",
		"a;=1;@2,+3":                    "a;'=1;'@2,'+3",
		";;=1":                          ";;'=1",
		"'=1":                           "'=1",
		"\t=1+1":                        " '=1+1",
		"Foo\t=1+1\r\n=2\x00@3\u2028-4": "Foo '=1+1  '=2 '@3 '-4",
		"one\ntwo":                      "one two",
		"; ":                            "; ",
		"":                              "",
	} {
		require.Equal(t, want, field(t, sheet.Text(text)), "%q", text)
	}
}

func TestOnlyNumbersAreNumbers(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"0", "-1", "18.00", "-0.005", "9223372036854775807"} {
		require.Equal(t, number, field(t, sheet.Number(number)))
	}
	for _, text := range []string{"-1+1", "-", "=1", "-1;=1", "+1", "-1\n"} {
		require.NotEqual(t, text, field(t, sheet.Number(text)), "%q", text)
	}
}

func TestAHeaderIsNeverAFormulaEither(t *testing.T) {
	t.Parallel()
	file, err := sheet.CSV([]string{"=1", "b"}, nil)
	require.NoError(t, err)
	require.Equal(t, "\ufeff'=1,b\r\n", string(file))
}

// However a spreadsheet splits a file, no cell except a number begins like a formula, and with the
// file's own separator each text is one cell.
func FuzzCSV(f *testing.F) {
	f.Add("Foo;=1+1", "-18.00")
	f.Add("=1", "=1")
	f.Add("a\r\n=1", "x;\t=1")
	f.Add(`";=1`, `"";"=1`)
	f.Add("\ufeff=1", "-1")
	f.Fuzz(func(t *testing.T, text, decimal string) {
		file, err := sheet.CSV([]string{"text", "number"}, [][]sheet.Cell{{sheet.Text(text), sheet.Number(decimal)}, {sheet.Text("end"), {}}})
		require.NoError(t, err)
		lines := read(t, file, ',')
		require.Len(t, lines, 3)
		require.Len(t, lines[1], 2)
		for line := range strings.SplitSeq(strings.TrimPrefix(string(file), "\ufeff"), "\r\n") {
			for _, separators := range []string{",", ";", "\t", "|", ",;\t|"} {
				for _, cell := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
					cell = strings.TrimLeft(cell, "\" \u00a0\u200b\u202e\ufeff")
					if cell != "" && strings.ContainsAny(cell[:1], "=+-@\r\n\t") {
						require.Regexp(t, `^-[0-9]+(\.[0-9]+)?$`, cell, "a formula in %q split by %q", line, separators)
					}
				}
			}
		}
	})
}
