package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/db"
)

// Summary counts the rows that a run has added.
type Summary struct {
	Cities, Theatres, Screens, Layouts, Seats, Movies int64
	Shows, Prices                                     int64
	Users, Wallets, Coupons                           int64
}

// String shows the counts as people read them.
func (s Summary) String() string {
	return fmt.Sprintf("%d cities, %d theatres, %d screens with %d seats, %d movies, %d shows, %d users, %d wallets, %d coupons",
		s.Cities, s.Theatres, s.Screens, s.Seats, s.Movies, s.Shows, s.Users, s.Wallets, s.Coupons)
}

// Load adds what is missing of the catalogue, of the shows from now to the end of the sixth day after
// today in each theatre's time zone, and of the demo accounts and coupons. It changes nothing that exists,
// so it may run again at any time, also concurrently. The pool's user must own the database's tables.
//
// The parts are committed one by one; after an error the summary counts those that were.
func Load(ctx context.Context, pool *pgxpool.Pool, now time.Time) (Summary, error) {
	return load(ctx, pool, now, passwordCost)
}

// load is Load with a parameter for the cost of hashing the password: tests need not wait for a good hash.
func load(ctx context.Context, pool *pgxpool.Pool, now time.Time, passwordCost int) (Summary, error) {
	var done Summary
	rooms, err := auditoriums()
	if err != nil {
		return done, err
	}
	found, err := findNewcomers(ctx, db.New(pool), passwordCost)
	if err != nil {
		return done, fmt.Errorf("prepare accounts: %w", err)
	}
	for _, part := range []struct {
		name string
		add  func(ctx context.Context, q *db.Queries, sum *Summary) error
	}{
		{"catalogue", func(ctx context.Context, q *db.Queries, sum *Summary) error { return addCatalogue(ctx, q, rooms, sum) }},
		{"shows", func(ctx context.Context, q *db.Queries, sum *Summary) error {
			return addShows(ctx, q, upcoming(rooms, now), sum)
		}},
		{"accounts", func(ctx context.Context, q *db.Queries, sum *Summary) error {
			return addAccounts(ctx, q, found, sum)
		}},
		{"coupons", addCoupons},
	} {
		sum := done
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			q := db.New(tx)
			if err := q.SeedLock(ctx); err != nil {
				return fmt.Errorf("wait for other seeds: %w", err)
			}
			return part.add(ctx, q, &sum)
		})
		if err != nil {
			return done, fmt.Errorf("seed %s: %w", part.name, err)
		}
		done = sum
	}
	return done, nil
}
