package db_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// search is a statement with values that is planned for them each time, see db.Search.
type search struct {
	// what says which filters it has.
	what string
	ask  func(context.Context, *db.Queries) error
}

// searchesOf are all statements that are planned for their values, by name, about a booking of the
// archive: with all filters, and with none, from the beginning of the list.
func searchesOf(t *testing.T, conn *pgx.Conn) map[string][]search {
	t.Helper()
	var bookingID, intentID, customerID string
	err := conn.QueryRow(t.Context(), `SELECT w.booking_id, w.intent_id, b.customer_id FROM webhook_events w JOIN bookings b ON b.id = w.booking_id LIMIT 1`).
		Scan(&bookingID, &intentID, &customerID)
	require.NoError(t, err)
	const (
		size       = 21
		everything = math.MaxInt64
	)
	now, future, past := time.Now(), time.Now().AddDate(1000, 0, 0), time.Now().AddDate(0, -1, 0)
	status, kind, flag, outcome, actor, currency := "FINISHED", "SHOW", "DISPUTE", "SIGNALLED", "SYSTEM", "INR"
	return map[string][]search{
		"CascadesBefore": ways((*db.Queries).CascadesBefore,
			db.CascadesBeforeParams{BeforeTime: now, BeforeID: "cs_x", Status: &status, Kind: &kind, PartnerID: &customerID, PageSize: size},
			db.CascadesBeforeParams{BeforeTime: future, PageSize: size}),
		"FlagsOpenBefore": ways((*db.Queries).FlagsOpenBefore,
			db.FlagsOpenBeforeParams{BeforeID: 1000, Kind: &flag, PageSize: size},
			db.FlagsOpenBeforeParams{BeforeID: everything, PageSize: size}),
		"FlagsResolvedBefore": ways((*db.Queries).FlagsResolvedBefore,
			db.FlagsResolvedBeforeParams{BeforeID: 1000, Kind: &flag, PageSize: size},
			db.FlagsResolvedBeforeParams{BeforeID: everything, PageSize: size}),
		"OperatorTrailBefore": ways((*db.Queries).OperatorTrailBefore,
			db.OperatorTrailBeforeParams{BeforeTime: now, BeforeID: "cancellations:cx_9", Subject: &bookingID, Actor: &actor, PageSize: size},
			db.OperatorTrailBeforeParams{BeforeTime: future, PageSize: size}),
		"WalletStatement": ways((*db.Queries).WalletStatement, // it has no optional filter
			db.WalletStatementParams{AccountID: booking.WalletID(customerID, currency), FromTime: past, ToTime: now, RowLimit: 10_000}),
		"WalletTransactions": ways((*db.Queries).WalletTransactions,
			db.WalletTransactionsParams{
				UserID: customerID, Currency: &currency, BeforeSeq: everything, Kinds: []string{"SALE", "GRANT"}, FromTime: past, ToTime: now, PageSize: size,
			},
			db.WalletTransactionsParams{UserID: customerID, BeforeSeq: everything, ToTime: future, PageSize: size}),
		"WebhooksBefore": ways((*db.Queries).WebhooksBefore,
			db.WebhooksBeforeParams{BeforeTime: now, BeforeID: "evt_x", BookingID: &bookingID, IntentID: &intentID, Outcome: &outcome, PageSize: size},
			db.WebhooksBeforeParams{BeforeTime: future, PageSize: size}),
	}
}

// ways are a query with all its filters and, if they are optional, with none.
func ways[P, R any](query func(*db.Queries, context.Context, P) (R, error), all P, none ...P) []search {
	with := func(what string, values P) search {
		return search{what, func(ctx context.Context, q *db.Queries) error {
			_, err := query(q, ctx, values)
			return err
		}}
	}
	found := []search{with("with all filters", all)}
	for _, values := range none {
		found = append(found, with("with no filter", values))
	}
	return found
}

// errPlanned is what an explainer returns instead of rows.
var errPlanned = errors.New("planned, not run")

// explainer plans a statement for its values instead of running it.
type explainer struct {
	db.DBTX // nil: searches only ask for rows

	conn *pgx.Conn
	plan []byte
}

// Query plans a statement.
func (e *explainer) Query(ctx context.Context, statement string, values ...any) (pgx.Rows, error) {
	if err := e.conn.QueryRow(ctx, "EXPLAIN (FORMAT JSON) "+statement, values...).Scan(&e.plan); err != nil {
		return nil, err
	}
	return nil, errPlanned
}

// planFor is how PostgreSQL runs a search when it knows its values.
func planFor(t *testing.T, conn *pgx.Conn, s search) planNode {
	t.Helper()
	e := &explainer{conn: conn}
	require.ErrorIs(t, s.ask(t.Context(), db.New(e)), errPlanned)
	return parsePlan(t, e.plan)
}
