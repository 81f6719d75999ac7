package db_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/archive"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// pastBookings are enough for PostgreSQL to prefer an index if there is one.
const pastBookings = 20_000

// wholeTables are files of queries that read whole tables on purpose: nobody waits for them.
var wholeTables = []string{"audit.sql.gen.go"}

// growing are the tables that have rows for every booking, customer or show that there ever was.
var growing = []string{
	"bookings", "booking_seats", "booking_events", "claims", "payments", "refunds", "refund_events", "cancellations",
	"ledger_transactions", "ledger_entries", "ledger_accounts", "users", "shows", "webhook_events", "notices", "booking_reads", "show_moves",
}

// underWay are indexes of only what has not ended, of which there is as much as is sold at a time.
var underWay = []string{"bookings_unpaid", "bookings_confirmed", "payments_open", "refunds_unfinished", "notices_to_send"}

// beyondBookings adds what an archive of bookings lacks: the provider's events about them, the notices to their customers,
// and many shows. Their ids lie between those that have bookings, as in production. Of cancellations and of changed refunds
// it leaves few to operators: their trail, whose pages are sorted, grows with what operators do, not with what is sold.
const beyondBookings = `
SET session_replication_role = replica;
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
SELECT 'sh_' || n || '_old', 'mv_1', 'sc_1', 'ly_1', now() - interval '1 year' - n * interval '4 hours', now() - interval '1 year' - n * interval '4 hours' + interval '3 hours', 'hi', '2D'
FROM generate_series(1, 20000) n;
INSERT INTO users (id, email, name) SELECT 'us_' || n || '_old', 'old' || n || '@example.com', 'U' FROM generate_series(1, 20000) n;
INSERT INTO webhook_events (event_id, type, intent_id, booking_id, outcome, occurred_at, received_at)
SELECT 'evt_' || id, 'payment_intent.succeeded', intent_id, booking_id, 'SIGNALLED', created_at, created_at FROM payments;
INSERT INTO notices (booking_id, show_id, customer_id, kind, status, created_at, sent_at, starts_at)
SELECT id, show_id, customer_id, 'REMINDER', 'SENT', created_at, created_at, created_at FROM bookings;
INSERT INTO booking_reads (booking_id, actor, first_at, last_at, day, correlation_id) SELECT id, 'us_staff', created_at, created_at, created_at::date, 'test' FROM bookings;
INSERT INTO show_moves (show_id, from_starts_at, to_starts_at, at)
SELECT id, starts_at, starts_at + interval '1 hour', starts_at - interval '1 day' FROM shows WHERE id LIKE '%_old';
UPDATE cancellations SET cause = 'CUSTOMER' WHERE id NOT LIKE '%9999';
UPDATE refund_events SET command_id = 'retry:' || id WHERE refund_id LIKE '%9999';
RESET session_replication_role`

// No statement may become slower with the number of past bookings: whatever its values, none reads a
// whole table that grows, and none sorts more than a page of it.
//
//nolint:paralleltest,tparallel // they share a connection
func TestNoStatementGrowsWithThePast(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, pgtest.NewDB(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	require.NoError(t, archive.Load(ctx, conn, pastBookings))
	_, err = conn.Exec(ctx, beyondBookings, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `VACUUM ANALYZE`)
	require.NoError(t, err)
	all := statements(t)
	_, err = conn.Exec(ctx, `SET plan_cache_mode = force_custom_plan`)
	require.NoError(t, err)
	for name, searches := range searchesOf(t, conn) {
		require.Contains(t, all, name)
		delete(all, name)
		for _, search := range searches {
			t.Run(name+" "+search.what, func(t *testing.T) {
				for _, complaint := range complaints(planFor(t, conn, search)) {
					t.Error(complaint)
				}
			})
		}
	}
	_, err = conn.Exec(ctx, `SET plan_cache_mode = force_generic_plan`)
	require.NoError(t, err)
	for name, statement := range all {
		t.Run(name, func(t *testing.T) {
			for _, complaint := range complaints(planOf(t, conn, name, statement)) {
				t.Error(complaint)
			}
		})
	}
}

// statements are all that sqlc has compiled, by name, except those about whole tables.
func statements(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	files, err := filepath.Glob("*.sql.gen.go")
	require.NoError(t, err)
	for _, file := range files {
		if slices.Contains(wholeTables, file) {
			continue
		}
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, content, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				if rest, is := strings.CutPrefix(text, "-- name: "); is {
					name, _, _ := strings.Cut(rest, " ")
					found[name] = text
				}
			}
			return true
		})
	}
	require.Greater(t, len(found), 100)
	return found
}

// planNode is a part of a plan, as EXPLAIN returns it.
type planNode struct {
	Type     string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Index    string     `json:"Index Name"`
	Cond     string     `json:"Index Cond"`
	Filter   string     `json:"Filter"`
	Rows     float64    `json:"Plan Rows"`
	Plans    []planNode `json:"Plans"`
}

// planOf is how PostgreSQL runs a statement when it does not know the values.
func planOf(t *testing.T, conn *pgx.Conn, name, statement string) planNode {
	t.Helper()
	prepared, err := conn.Prepare(t.Context(), name, statement)
	require.NoError(t, err)
	values := strings.TrimSuffix(strings.Repeat("NULL,", len(prepared.ParamOIDs)), ",")
	if values != "" {
		values = "(" + values + ")"
	}
	var encoded []byte
	err = conn.QueryRow(t.Context(), fmt.Sprintf(`EXPLAIN (FORMAT JSON) EXECUTE %s%s`, pgx.Identifier{name}.Sanitize(), values),
		pgx.QueryExecModeSimpleProtocol).Scan(&encoded)
	require.NoError(t, err)
	return parsePlan(t, encoded)
}

func parsePlan(t *testing.T, encoded []byte) planNode {
	t.Helper()
	var plans []struct{ Plan planNode }
	require.NoError(t, json.Unmarshal(encoded, &plans))
	require.Len(t, plans, 1)
	return plans[0].Plan
}

// complaints are what is wrong with a plan.
func complaints(n planNode) []string { return n.complaints(false) }

// takesAll are the parts of a plan that read all of their input before they return anything, however little is wanted of them.
var takesAll = []string{"Sort", "Hash", "Aggregate"}

// complaints are what is wrong with a part of a plan. limited says that no more of it is read than is wanted.
func (n planNode) complaints(limited bool) (found []string) {
	switch grows := slices.Contains(growing, n.Relation); {
	case grows && n.Type == "Seq Scan":
		found = append(found, fmt.Sprintf("reads all %s for those with %s", n.Relation, n.Filter))
	case grows && strings.HasPrefix(n.Type, "Index") && n.Cond == "" && !limited && !slices.Contains(underWay, n.Index):
		found = append(found, fmt.Sprintf("reads all of the index %s of %s for those with %s", n.Index, n.Relation, n.Filter))
	}
	limited = n.Type == "Limit" || limited && !slices.Contains(takesAll, n.Type)
	for _, part := range n.Plans {
		if strings.HasSuffix(n.Type, "Sort") && part.Rows > pastBookings/20 {
			found = append(found, fmt.Sprintf("sorts %.0f rows", part.Rows))
		}
		found = append(found, part.complaints(limited)...)
	}
	return found
}

func TestComplaintsAboutPlans(t *testing.T) {
	t.Parallel()
	plan := planNode{Type: "Sort", Plans: []planNode{{Type: "Seq Scan", Relation: "bookings", Filter: "(a = 1)", Rows: pastBookings}}}
	require.Equal(t, []string{"sorts 20000 rows", "reads all bookings for those with (a = 1)"}, complaints(plan))
	for _, kind := range []string{"Index Scan", "Index Only Scan"} {
		scan := planNode{Type: kind, Relation: "bookings", Index: "bookings_pkey", Filter: "(a = 1)", Rows: 1}
		whole := []string{"reads all of the index bookings_pkey of bookings for those with (a = 1)"}
		require.Equal(t, whole, complaints(scan))
		require.Empty(t, complaints(planNode{Type: "Limit", Plans: []planNode{scan}}))
		require.Empty(t, complaints(planNode{Type: "Limit", Plans: []planNode{{Type: "Nested Loop", Plans: []planNode{scan}}}}))
		require.Equal(t, whole, complaints(planNode{Type: "Limit", Plans: []planNode{{Type: "Sort", Plans: []planNode{scan}}}}))
		require.Empty(t, complaints(planNode{Type: kind, Relation: "bookings", Index: "bookings_unpaid"}))
		scan.Cond = "(id = $1)"
		require.Empty(t, complaints(scan))
	}
}
