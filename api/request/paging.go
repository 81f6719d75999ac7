package request

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/booking"
)

const (
	defaultPage = 20
	// maxPage bounds a page whatever the contract says.
	maxPage   = 100
	maxCursor = 512
)

// page is how much of which list is wanted.
type page struct {
	list string
	size int32
}

// Fetch is how many rows to read for a page: one more than it has, which tells whether another page follows.
func (p page) Fetch() int32 { return p.size + 1 }

// TimePage is a page of a list that is read newest first: what is before this time and, of the same time, before this id.
type TimePage struct {
	page

	Before   time.Time
	BeforeID string
}

// NumberPage is a page of a list that is read from the greatest number down: what is before this one.
type NumberPage struct {
	page

	Before int64
}

// TextPage is a page of a list that is read in the order of a text: what comes after this one.
type TextPage struct {
	page

	After string
}

// Limit is how many entries of a list are wanted. The contract bounds it.
func Limit(limit *int) int {
	if limit == nil {
		return defaultPage
	}
	return *limit
}

func readPage(list string, limit *int) page {
	return page{list, int32(min(Limit(limit), maxPage))} //nolint:gosec // small
}

// NewestFirst reads which page of a list is wanted that is read newest first. The list's name keeps its cursors from those of others.
func NewestFirst(list string, limit *int, cursor *string) (TimePage, error) {
	wanted := readPage(list, limit)
	if cursor == nil {
		return TimePage{page: wanted, Before: farFuture}, nil
	}
	parts, err := decodeCursor(list, *cursor, 2)
	if err != nil {
		return TimePage{}, err
	}
	before, err := time.Parse(time.RFC3339Nano, parts[0])
	if err != nil || !booking.IsID(parts[1]) || before.Year() < 2000 || before.After(farFuture) {
		return TimePage{}, badCursor()
	}
	return TimePage{page: wanted, Before: before, BeforeID: parts[1]}, nil
}

// GreatestFirst reads which page of a list is wanted that is read from the greatest number down.
func GreatestFirst(list string, limit *int, cursor *string) (NumberPage, error) {
	wanted := readPage(list, limit)
	if cursor == nil {
		return NumberPage{page: wanted, Before: math.MaxInt64}, nil
	}
	parts, err := decodeCursor(list, *cursor, 1)
	if err != nil {
		return NumberPage{}, err
	}
	before, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return NumberPage{}, badCursor()
	}
	return NumberPage{page: wanted, Before: before}, nil
}

// InOrder reads which page of a list is wanted that is read in the order of a text.
func InOrder(list string, limit *int, cursor *string) (TextPage, error) {
	wanted := readPage(list, limit)
	if cursor == nil {
		return TextPage{page: wanted}, nil
	}
	parts, err := decodeCursor(list, *cursor, 1)
	if err != nil {
		return TextPage{}, err
	}
	return TextPage{page: wanted, After: parts[0]}, nil
}

// CutTime makes a page of the rows that were fetched for it, with the cursor of the next page; nil when nothing follows. where tells the
// position of a row.
func CutTime[Row any](p TimePage, fetched []Row, where func(Row) (time.Time, string)) (rows []Row, next *string) {
	return cut(p.page, fetched, func(last Row) []string {
		at, id := where(last)
		return []string{at.UTC().Format(time.RFC3339Nano), id}
	})
}

// CutNumber is CutTime for a list that is read from the greatest number down.
func CutNumber[Row any](p NumberPage, fetched []Row, where func(Row) int64) (rows []Row, next *string) {
	return cut(p.page, fetched, func(last Row) []string { return []string{strconv.FormatInt(where(last), 10)} })
}

// CutText is CutTime for a list that is read in the order of a text.
func CutText[Row any](p TextPage, fetched []Row, where func(Row) string) (rows []Row, next *string) {
	return cut(p.page, fetched, func(last Row) []string { return []string{where(last)} })
}

func cut[Row any](p page, fetched []Row, where func(Row) []string) (rows []Row, next *string) {
	if len(fetched) <= int(p.size) {
		return fetched, nil
	}
	rows = fetched[:p.size]
	cursor := encodeCursor(p.list, where(rows[p.size-1])...)
	return rows, &cursor
}

// encodeCursor hides a position in a list from callers, who must not build on it.
func encodeCursor(list string, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + strings.Join(parts, "\n")))
}

// decodeCursor gives the parts of a position that encodeCursor made for the same list.
func decodeCursor(list, cursor string, parts int) ([]string, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	found := strings.Split(string(text), "\n")
	if err != nil || len(cursor) > maxCursor || len(found) != parts+1 || found[0] != list || !IsPlainText(strings.Join(found, "")) {
		return nil, badCursor()
	}
	return found[1:], nil
}

func badCursor() error {
	return answer.Malformed("cursor", "cursor must be the nextCursor of a page of this list.")
}

// IsPlainText says whether a text is UTF-8 without control characters, so that it may go to PostgreSQL and into logs.
func IsPlainText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
