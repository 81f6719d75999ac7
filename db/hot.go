package db

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// HotOfAPI and HotOfWorker are the statements of each process that customers wait for.
var (
	HotOfAPI    = []string{userStanding, bookingPrechecks, bookingViews, paymentPrecheck}
	HotOfWorker = []string{
		pricesOfSeats, bookingHold, bookingForUpdate, bookingSell, ledgerPost,
		bookingLock, paymentsOfBooking, paymentOpen, bookingRelease,
	}
)

// timedOut says that a statement has waited for as long as it may.
func timedOut(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == "57014"
}

// warm prepares statements on a new connection and has PostgreSQL plan them, so that no customer waits for that: there, each takes 10 to 40 ms of a
// processor, most of them to read what the catalogue says of its tables. What is prepared here pgx keeps even when it fails; other
// statements it forgets then, and prepares them again, even if a constraint has refused as it should. A statement that cannot be prepared, as before
// a migration, is left to whoever uses it.
func warm(ctx context.Context, conn *pgx.Conn, hot []string) error {
	for _, sql := range slices.Concat([]string{begin, commit}, hot) {
		prepared, err := conn.Prepare(ctx, sql, sql)
		if err == nil && slices.Contains(hot, sql) {
			nulls := strings.TrimSuffix(strings.Repeat("NULL,", len(prepared.ParamOIDs)), ",")
			_, err = conn.Exec(ctx, "EXPLAIN EXECUTE "+pgx.Identifier{prepared.Name}.Sanitize()+"("+nulls+")")
		}
		switch {
		case err == nil:
		case conn.IsClosed():
			return err
		case timedOut(err): // somebody locks a table: what waits for it here waits for everything that follows
			return nil
		}
	}
	return nil
}
