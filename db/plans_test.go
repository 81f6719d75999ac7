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

// pastBookings are enough for PostgreSQL to prefer an index where there is one.
const pastBookings = 20_000

// wholeTables are files of queries that read whole tables because that is what they are for: nobody waits for them.
var wholeTables = []string{"audit.sql.gen.go", "seed.sql.gen.go"}

// searches are planned for the values that they get each time, see Search.
var searches = []string{
	"CascadesBefore", "FlagsOpenBefore", "FlagsResolvedBefore", "OperatorTrailBefore", "WalletStatement", "WalletTransactions", "WebhooksBefore",
}

// growing are the tables that have rows for every booking, customer or show that there ever was.
var growing = []string{
	"bookings", "booking_seats", "booking_events", "claims", "payments", "refunds", "refund_events", "cancellations",
	"ledger_transactions", "ledger_entries", "ledger_accounts", "users", "shows", "webhook_events", "notices",
}

// beyondBookings adds what an archive of bookings lacks: the provider's events about them, what their customers were told, and many shows.
const beyondBookings = `
SET session_replication_role = replica;
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
SELECT 'sh_old_' || n, 'mv_1', 'sc_1', 'ly_1', now() - interval '1 year' - n * interval '4 hours', now() - interval '1 year' - n * interval '4 hours' + interval '3 hours', 'hi', '2D'
FROM generate_series(1, 20000) n;
INSERT INTO users (id, email, name) SELECT 'us_old_' || n, 'old' || n || '@example.com', 'U' FROM generate_series(1, 20000) n;
INSERT INTO webhook_events (event_id, type, intent_id, booking_id, outcome, occurred_at, received_at)
SELECT 'evt_' || id, 'payment_intent.succeeded', intent_id, booking_id, 'SIGNALLED', created_at, created_at FROM payments;
INSERT INTO notices (booking_id, show_id, customer_id, kind, status, created_at, sent_at)
SELECT id, show_id, customer_id, 'REMINDER', 'SENT', created_at, created_at FROM bookings;
RESET session_replication_role`

// No statement may become slower with the number of past bookings: whatever its values, none reads a whole table that grows, and none sorts
// more than a page of it.
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
	_, err = conn.Exec(ctx, `SET plan_cache_mode = force_generic_plan`)
	require.NoError(t, err)
	all := statements(t)
	for _, name := range searches {
		require.Contains(t, all, name)
		delete(all, name)
	}
	for name, statement := range all {
		t.Run(name, func(t *testing.T) {
			for _, complaint := range complaints(planOf(t, conn, name, statement)) {
				t.Error(complaint)
			}
		})
	}
}

// statements are all that sqlc has compiled, by name, but for those that are about whole tables.
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

// planNode is a part of a plan, as EXPLAIN tells it.
type planNode struct {
	Type     string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Index    string     `json:"Index Name"`
	Filter   string     `json:"Filter"`
	Rows     float64    `json:"Plan Rows"`
	Plans    []planNode `json:"Plans"`
}

// planOf is how PostgreSQL runs a statement when it does not know its values.
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
	var plans []struct{ Plan planNode }
	require.NoError(t, json.Unmarshal(encoded, &plans))
	require.Len(t, plans, 1)
	return plans[0].Plan
}

// complaints are what is wrong with a plan.
func complaints(n planNode) (found []string) {
	if n.Type == "Seq Scan" && slices.Contains(growing, n.Relation) {
		found = append(found, fmt.Sprintf("reads all %s for those with %s", n.Relation, n.Filter))
	}
	for _, part := range n.Plans {
		if strings.HasSuffix(n.Type, "Sort") && part.Rows > pastBookings/20 {
			found = append(found, fmt.Sprintf("sorts %.0f rows", part.Rows))
		}
		found = append(found, complaints(part)...)
	}
	return found
}

func TestComplaintsAboutPlans(t *testing.T) {
	t.Parallel()
	plan := planNode{Type: "Sort", Plans: []planNode{{Type: "Seq Scan", Relation: "bookings", Filter: "(a = 1)", Rows: pastBookings}}}
	require.Equal(t, []string{"sorts 20000 rows", "reads all bookings for those with (a = 1)"}, complaints(plan))
	require.Empty(t, complaints(planNode{Type: "Limit", Plans: []planNode{{Type: "Index Scan", Relation: "bookings", Rows: pastBookings}}}))
}
