package api

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	defaultPage = 20
	maxPage     = 100
	maxCursor   = 512
)

// pageSize is how many rows a page has.
func pageSize(limit *int) (int32, error) {
	switch {
	case limit == nil:
		return defaultPage, nil
	case *limit < 1 || *limit > maxPage:
		return 0, malformed("limit", "limit must be 1 to 100.")
	}
	return int32(*limit), nil
}

// cut makes a page of what was read for it, which is one row more when another page follows, and gives the position of that one: after the
// page's last row; nil when nothing follows.
func cut[Row any](rows []Row, size int32, after func(last Row) *string) (page []Row, next *string) {
	if len(rows) <= int(size) {
		return rows, nil
	}
	page = rows[:size]
	return page, after(page[size-1])
}

// Names of the lists that have cursors.
const (
	movieList   = "movies"
	bookingList = "bookings"
	walletList  = "wallet"
	noticeList  = "notices"
	flagList    = "flags"
	refundList  = "refunds"
	outsideList = "outside-refunds"
	disputeList = "disputes"
	cascadeList = "cascades"
	webhookList = "webhooks"
	actionList  = "actions"
)

// encodeCursor hides a position in a list from callers, who must not build on it.
func encodeCursor(list string, parts ...string) *string {
	cursor := base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + strings.Join(parts, "\n")))
	return &cursor
}

// decodeCursor gives the parts of a position that encodeCursor made for the same list.
func decodeCursor(list, cursor string, parts int) ([]string, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	found := strings.Split(string(text), "\n")
	if err != nil || len(cursor) > maxCursor || len(found) != parts+1 || found[0] != list || !isPlainText(strings.Join(found, "")) {
		return nil, badCursor()
	}
	return found[1:], nil
}

func badCursor() error {
	return malformed("cursor", "cursor must be the nextCursor of a page of this list.")
}

// isPlainText says whether a text is UTF-8 without control characters, so that it may go to PostgreSQL and into logs.
func isPlainText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// timeCursor is the position after a row of a list that is read newest first.
func timeCursor(list string, at time.Time, id string) *string {
	return encodeCursor(list, at.UTC().Format(time.RFC3339Nano), id)
}

// timePosition is where a page of a list that is read newest first begins: before this time and, of the same time, this id.
func timePosition(list string, cursor *string) (before time.Time, id string, err error) {
	if cursor == nil {
		return farFuture, "", nil
	}
	parts, err := decodeCursor(list, *cursor, 2)
	if err != nil {
		return time.Time{}, "", err
	}
	before, err = time.Parse(time.RFC3339Nano, parts[0])
	if err != nil || !isID(parts[1]) || before.Year() < 2000 || before.After(farFuture) {
		return time.Time{}, "", badCursor()
	}
	return before, parts[1], nil
}

// numberPosition is where a page of a list that is read from the greatest number down begins: before this one.
func numberPosition(list string, cursor *string) (before int64, err error) {
	if cursor == nil {
		return math.MaxInt64, nil
	}
	parts, err := decodeCursor(list, *cursor, 1)
	if err != nil {
		return 0, err
	}
	if before, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
		return 0, badCursor()
	}
	return before, nil
}
