package seed

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/boxoffice/boxoffice/dev/pgtest"
)

// wednesday is half past nine in Mumbai, before the theatres there open.
var wednesday = time.Date(2026, time.October, 7, 4, 0, 0, 0, time.UTC)

func loaded(t *testing.T, pool *pgxpool.Pool, now time.Time) Summary {
	t.Helper()
	sum, err := load(t.Context(), pool, now, bcrypt.MinCost)
	require.NoError(t, err)
	return sum
}

func number(t *testing.T, pool *pgxpool.Pool, query string, args ...any) (n int64) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), query, args...).Scan(&n))
	return n
}

func TestLoadFillsAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	sum := loaded(t, pool, wednesday)
	t.Logf("added %s", sum)

	for table, rows := range map[string]int64{
		"cities": sum.Cities, "theatres": sum.Theatres, "screens": sum.Screens, "seat_layouts": sum.Layouts, "seats": sum.Seats,
		"movies": sum.Movies, "shows": sum.Shows, "show_prices": sum.Prices, "users": sum.Users, "coupons": sum.Coupons,
	} {
		require.Equal(t, rows, number(t, pool, "SELECT count(*) FROM "+table), table)
	}
	require.GreaterOrEqual(t, sum.Cities, int64(4))
	require.GreaterOrEqual(t, sum.Theatres, int64(9))
	require.GreaterOrEqual(t, sum.Movies, int64(25))
	require.Greater(t, sum.Shows, int64(500))
	require.Equal(t, int64(8), sum.Wallets)
	require.Equal(t, int64(2), sum.Coupons)

	require.Zero(t, number(t, pool, `SELECT count(*) FROM shows sh JOIN seats s USING (layout_id)
		LEFT JOIN show_prices p ON p.show_id = sh.id AND p.category = s.category WHERE p.amount IS NULL`), "a seat without a price")
	require.Zero(t, number(t, pool, "SELECT count(*) FROM shows WHERE starts_at <= $1", wednesday))
	require.Equal(t, int64(daysAhead), number(t, pool,
		"SELECT count(DISTINCT (starts_at AT TIME ZONE 'Asia/Kolkata')::date) FROM shows WHERE screen_id = 'sc_rehearsal-room-1'"))
	require.Zero(t, number(t, pool, `SELECT count(*) FROM shows sh JOIN screens sc ON sc.id = sh.screen_id
		WHERE sh.hold_seconds <> CASE sc.theatre_id WHEN $1 THEN 20 ELSE 300 END`, RehearsalRoomID))
	require.Zero(t, number(t, pool, `SELECT count(*) FROM theatres t LEFT JOIN pg_timezone_names z ON z.name = t.time_zone
		WHERE z.name IS NULL`))
	require.Equal(t, int64(2), number(t, pool, `SELECT count(*) FROM refund_policies p JOIN refund_policy_tiers t ON t.policy_id = p.id
		WHERE p.theatre_id = $1 AND p.fee = 2000`, RehearsalRoomID))
	require.Equal(t, []string{"History", "Drama"}, genresOf(t, pool, "mv_ponniyin-selvan-1"))
}

func genresOf(t *testing.T, pool *pgxpool.Pool, movieID string) (genres []string) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT genres FROM movies WHERE id = $1", movieID).Scan(&genres))
	return genres
}

func TestAccountsHaveTheirPasswordAndMoney(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	started := time.Now()
	_, err := Load(t.Context(), pool, wednesday)
	require.NoError(t, err)
	t.Logf("first load took %s", time.Since(started))
	hashes := map[string]bool{}
	for _, account := range Accounts {
		var role, hash string
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT role, password_hash FROM users WHERE id = $1 AND email = $2",
			account.ID(), account.Email).Scan(&role, &hash))
		require.Equal(t, account.Role, role)
		require.Contains(t, hash, "$12$")
		hashes[hash] = true
		require.Equal(t, int64(len(account.Theatres)), number(t, pool, "SELECT count(*) FROM partner_theatres WHERE partner_id = $1 AND theatre_id = ANY ($2)",
			account.ID(), account.Theatres))
		for _, money := range account.Wallets {
			require.Equal(t, money.Amount, number(t, pool, "SELECT balance FROM ledger_accounts WHERE id = $1 AND kind = 'WALLET'",
				"wallet:"+account.ID()+":"+money.Currency))
		}
	}
	for hash := range hashes {
		require.NoError(t, bcrypt.CompareHashAndPassword([]byte(hash), []byte(Password)))
	}
	require.Equal(t, int64(-11_000_00), number(t, pool, "SELECT sum(amount)::bigint FROM ledger_entries WHERE account_id = 'promotions:INR'"))
}

func TestSecondLoadAddsNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	loaded(t, pool, wednesday)
	started := time.Now()
	require.Equal(t, Summary{}, loaded(t, pool, wednesday))
	require.Equal(t, int64(1), number(t, pool, "SELECT count(*) FROM refund_policies WHERE theatre_id IS NOT NULL"))
	t.Logf("second load took %s", time.Since(started))
}

func TestLoadADayLaterAddsADay(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	first := loaded(t, pool, wednesday)
	sum := loaded(t, pool, wednesday.AddDate(0, 0, 1))
	require.Positive(t, sum.Shows)
	require.Less(t, sum.Shows, first.Shows/4)
	require.Equal(t, Summary{Shows: sum.Shows, Prices: sum.Prices}, sum)
	require.Equal(t, int64(1+daysAhead), number(t, pool,
		"SELECT count(DISTINCT (starts_at AT TIME ZONE 'Asia/Kolkata')::date) FROM shows WHERE screen_id = 'sc_rehearsal-room-1'"))
}

func TestLoadsAtOnceShareTheWork(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	sums, errs := make(chan Summary, 3), make(chan error, 3)
	for range cap(sums) {
		go func() {
			sum, err := load(t.Context(), pool, wednesday, bcrypt.MinCost)
			sums <- sum
			errs <- err
		}()
	}
	var total Summary
	for range cap(sums) {
		require.NoError(t, <-errs)
		sum := <-sums
		total.Shows += sum.Shows
		total.Seats += sum.Seats
		total.Users += sum.Users
		total.Wallets += sum.Wallets
	}
	require.Equal(t, number(t, pool, "SELECT count(*) FROM shows"), total.Shows)
	require.Equal(t, number(t, pool, "SELECT count(*) FROM seats"), total.Seats)
	require.Equal(t, int64(len(Accounts)), total.Users)
	require.Equal(t, int64(8), total.Wallets)
}

func TestLoadLeavesAloneWhatOthersDid(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	ctx := t.Context()
	_, err := pool.Exec(ctx, "INSERT INTO users (id, email, name) VALUES ('us_stranger', 'ben@example.com', 'Another Ben')")
	require.NoError(t, err)
	loaded(t, pool, wednesday)
	require.Zero(t, number(t, pool, "SELECT count(*) FROM ledger_accounts WHERE user_id = 'us_stranger'"), "no money for a stranger")

	_, err = pool.Exec(ctx, "UPDATE shows SET status = 'CANCELLED' WHERE screen_id = 'sc_rehearsal-room-1'")
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "UPDATE coupons SET active = false, max_uses = 5")
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "UPDATE theatres SET name = 'The Other Room' WHERE id = $1", RehearsalRoomID)
	require.NoError(t, err)
	_, err = pool.Exec(ctx, `INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
		VALUES ('sh_ours', 'mv_parasite', 'sc_rehearsal-room-1', 'ly_rehearsal-room-1-v1',
		        '2026-10-14 10:00 Asia/Kolkata', '2026-10-15 03:00 Asia/Kolkata', 'ko', '2D')`)
	require.NoError(t, err)

	require.Positive(t, loaded(t, pool, wednesday.AddDate(0, 0, 1)).Shows)
	require.Equal(t, int64(1), number(t, pool,
		"SELECT count(*) FROM shows WHERE screen_id = 'sc_rehearsal-room-1' AND status <> 'CANCELLED'"), "theirs fills the day")
	require.Zero(t, number(t, pool, "SELECT count(*) FROM show_prices WHERE show_id = 'sh_ours'"))
	require.Equal(t, int64(2), number(t, pool, "SELECT count(*) FROM coupons WHERE NOT active AND max_uses = 5"))
}

func TestNothingIsPutOnSaleThatIsOutOfTheProgramme(t *testing.T) {
	t.Parallel()
	pool := pgtest.NewPool(t)
	ctx := t.Context()
	loaded(t, pool, wednesday)
	_, err := pool.Exec(ctx, "UPDATE theatres SET status = 'INACTIVE' WHERE id = $1", RehearsalRoomID)
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "UPDATE movies SET status = 'WITHDRAWN' WHERE id = 'mv_parasite'")
	require.NoError(t, err)
	const without = `SELECT count(*) FROM shows sh JOIN screens sc ON sc.id = sh.screen_id WHERE sc.theatre_id = $1 OR sh.movie_id = 'mv_parasite'`
	before := number(t, pool, without, RehearsalRoomID)
	require.Positive(t, loaded(t, pool, wednesday.AddDate(0, 0, 1)).Shows)
	require.Equal(t, before, number(t, pool, without, RehearsalRoomID))
}
