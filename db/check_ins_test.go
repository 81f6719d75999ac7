package db_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

func TestOnlyAConfirmedBookingIsCheckedInAndForGood(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	owner := pgtest.OpenAs(t, dsn, "", 2)
	_, err := owner.Exec(t.Context(), catalogue+`
		UPDATE bookings SET status = 'CONFIRMED', currency = 'INR', subtotal = 0, discount = 0, fees = 0, tax = 0, total = 0, applied_offers = '[]' WHERE id = 'bk_2'`)
	require.NoError(t, err)
	api := pgtest.OpenAs(t, dsn, "boxoffice_api", 2)
	const scan = `INSERT INTO check_ins (booking_id, show_id, staff_id, correlation_id) VALUES ($1, 'sh_1', 'us_1', 'test')`
	for id, want := range map[string]int64{"bk_1": 0, "bk_2": 1, "bk_unknown": 0} {
		written, err := api.Exec(t.Context(), scan, id)
		require.NoError(t, err)
		require.Equal(t, want, written.RowsAffected(), id)
	}

	_, err = owner.Exec(t.Context(), scan, "bk_2")
	require.True(t, db.Violates(err, "check_ins_pkey"), "%v", err)
	for _, statement := range []string{`UPDATE check_ins SET at = now()`, `DELETE FROM check_ins`, `TRUNCATE check_ins`} {
		_, err := owner.Exec(t.Context(), statement)
		require.True(t, db.Violates(err, "check_ins_append_only"), "%v", err)
	}
	worker := pgtest.OpenAs(t, dsn, "boxoffice_worker", 2)
	_, err = worker.Exec(t.Context(), scan, "bk_2")
	require.ErrorContains(t, err, "permission denied")
	_, err = api.Exec(t.Context(), `UPDATE check_ins SET at = now()`)
	require.ErrorContains(t, err, "permission denied")
}
