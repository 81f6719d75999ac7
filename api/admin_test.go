package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

const admin = "/api/v1/admin"

func fmtID(n int) string { return fmt.Sprintf("evt_%d", n) }

func reason(text string) map[string]any { return map[string]any{"reason": text} }

// page reads a list of the administrators' with one row to a page, and gives the ids that it saw.
func (b *bundle) page(path string) (ids []string) {
	b.Helper()
	return b.pageFor(ada, path)
}

// pageFor is page for somebody else.
func (b *bundle) pageFor(user, path string) (ids []string) {
	b.Helper()
	joint := "?"
	if strings.Contains(path, "?") {
		joint = "&"
	}
	for next := path + joint + "limit=1"; next != ""; {
		var page struct {
			Flags, Disputes, Refunds, OutsideRefunds, Cascades, Actions, Webhooks []map[string]any

			NextCursor string
		}
		b.get(user, next).is(http.StatusOK, &page)
		for name, rows := range map[string][]map[string]any{
			"flagId": page.Flags, "disputeId": page.Disputes, "refundId": page.Refunds, "outsideRefundId": page.OutsideRefunds,
			"cascadeId": page.Cascades, "actionId": page.Actions, "eventId": page.Webhooks,
		} {
			require.LessOrEqual(b, len(rows), 1)
			for _, row := range rows {
				ids = append(ids, fmt.Sprint(row[name]))
			}
		}
		next = ""
		if page.NextCursor != "" {
			next = path + joint + "limit=1&cursor=" + page.NextCursor
		}
		require.Less(b, len(ids), 100)
	}
	return ids
}

func TestAdministratorsOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec("INSERT INTO flags (kind, subject, message) VALUES ('AUDIT', 'wallets', 'A wallet does not add up.')")
	for _, path := range []string{"/flags", "/disputes", "/refunds"} {
		b.get("", admin+path).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
		b.get(asha, admin+path).refuses(http.StatusForbidden, booking.CodeForbidden)
		b.get(ada, admin+path).is(http.StatusOK, nil)
	}
	for _, path := range []string{"/flags/1/resolve"} {
		b.post("", admin+path, "key-00001", reason("because")).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
		b.post(asha, admin+path, "key-00001", reason("because")).refuses(http.StatusForbidden, booking.CodeForbidden)
	}
	require.Equal(t, 1, b.count("SELECT count(*) FROM flags WHERE resolved_at IS NULL"))
}

func TestFlags(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var list openapi.FlagList
	b.get(ada, admin+"/flags").is(http.StatusOK, &list)
	require.Empty(t, list.Flags)
	b.exec(`INSERT INTO flags (kind, subject, message) VALUES ('AUDIT', 'wallets', 'one'), ('DISPUTE', 'dp_1', 'two'), ('REFUND', 'rf_1', 'three'), ('DISPUTE', 'dp_2', 'four')`)
	require.Equal(t, []string{"4", "3", "2", "1"}, b.page(admin+"/flags"))
	require.Equal(t, []string{"4", "2"}, b.page(admin+"/flags?kind=DISPUTE"))
	require.Empty(t, b.page(admin+"/flags?open=false"))

	var flag openapi.Flag
	resolve := func(user, id string, body any) answer {
		return b.do(call{method: http.MethodPost, path: admin + "/flags/" + id + "/resolve", user: user, body: body})
	}
	resolve(ada, "2", reason("  evidence sent ")).is(http.StatusOK, &flag)
	require.Equal(t, "evidence sent", *flag.Resolution)
	require.Equal(t, ada, *flag.ResolvedBy)
	require.NotNil(t, flag.ResolvedAt)
	require.Equal(t, booking.FlagDispute, flag.Kind)
	require.Equal(t, "dp_1", flag.Subject)
	details := resolve(ada, "2", reason("again")).refuses(http.StatusConflict, booking.CodeInvalidState)
	require.Equal(t, ada, details["resolvedBy"])
	require.Equal(t, 1, b.count("SELECT count(*) FROM flags WHERE resolution = 'evidence sent'"), "the first reason stays")

	require.Equal(t, []string{"4", "3", "1"}, b.page(admin+"/flags?open=true"))
	require.Equal(t, []string{"2"}, b.page(admin+"/flags?open=false"))
	require.Equal(t, []string{"2"}, b.page(admin+"/flags?open=false&kind=DISPUTE"))
	require.Empty(t, b.page(admin+"/flags?open=false&kind=AUDIT"))

	for _, id := range []string{"99", "0", "-1", "01", "1x", "dp_1", "99999999999999999999"} {
		resolve(ada, id, reason("because")).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
	for _, body := range []any{reason(""), reason("  "), reason(strings.Repeat("x", 501)), reason("two\nlines"), reason("two\u2028lines"), reason("no\u202eturn"), reason("\u200b"), map[string]any{}} {
		require.Equal(t, "reason", resolve(ada, "1", body).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
	}
	for _, body := range []any{reason("")["reason"], "[]", `{"reason":5}`, `{"reason":"a","why":"b"}`} {
		resolve(ada, "1", body).refuses(http.StatusBadRequest, booking.CodeValidation)
	}
	resolve(ada, "1", nil).refuses(http.StatusUnsupportedMediaType, booking.CodeValidation)
	resolve(ada, "1", reason(strings.Repeat("é", 500))).is(http.StatusOK, nil)

	for query, field := range map[string]string{"kind=OTHER": "kind", "kind=": "kind", "open=perhaps": "open", "limit=0": "limit", "limit=101": "limit", "cursor=x": "cursor"} {
		require.Equal(t, field, b.get(ada, admin+"/flags?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)["field"], query)
	}
}

func TestDisputesArePaged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at)
	        SELECT 'dp_' || n, 'pi_' || n, 100, 'INR', 'general', 'lost', now() - (n / 2) * interval '1 hour', now() FROM generate_series(0, 3) n`)
	require.Equal(t, []string{"dp_1", "dp_0", "dp_3", "dp_2"}, b.page(admin+"/disputes"))
	for _, query := range []string{"limit=0", "limit=x", "cursor=x"} {
		b.get(ada, admin+"/disputes?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)
	}
}
