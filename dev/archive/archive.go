// Package archive fills an empty database with any number of past bookings by set-based SQL, without Temporal or the provider's simulator, and
// provides a provider that agrees with them. An audit of it is like that of a system that has sold for years.
package archive

import (
	"context"
	"crypto/md5" //nolint:gosec // PostgreSQL's md5() spreads the names, nothing is secret
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

//go:embed archive.sql
var archive string

// Least is how many bookings there must be: those of a hundred customers.
const Least = 2_000

// Load makes so many bookings, at least Least, in a migrated and empty database. The connection must be a superuser's. Of every ten, seven are
// confirmed by card, one by wallet and card, one has expired, and one has been cancelled and refunded.
func Load(ctx context.Context, superuser *pgx.Conn, bookings int) error {
	if bookings < Least {
		return fmt.Errorf("an archive has at least %d bookings", Least)
	}
	err := pgx.BeginFunc(ctx, superuser, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, strings.ReplaceAll(archive, "$BOOKINGS", strconv.Itoa(bookings)), pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		return fmt.Errorf("load %d bookings: %w", bookings, err)
	}
	// As PostgreSQL does by itself in time.
	if _, err := superuser.Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return fmt.Errorf("analyze the bookings: %w", err)
	}
	return nil
}

// Bank is a provider that agrees with so many loaded bookings. It makes its list while it is read, and can do only what an audit needs.
type Bank struct {
	provider.Provider

	Bookings int
}

// pageSize is how many objects the provider gives at once.
const pageSize = 100

// EachIntent shows an intent for each booking; that of every tenth, from the ninth on, was never paid.
func (b Bank) EachIntent(_ context.Context, _ time.Time, page func([]provider.Intent) error) error {
	return eachPage(b.Bookings, func(n int) (provider.Intent, bool) {
		name := nameOf(n)
		in := provider.Intent{
			ID: "pi_" + name, BookingID: "bk_" + name, PaymentID: "pay_" + name, Status: provider.IntentSucceeded,
			Amount: inr(22360), Received: inr(22360), Created: longAgo(),
		}
		switch n % 10 {
		case 7:
			in.Amount, in.Received = inr(17360), inr(17360)
		case 8:
			in.Status, in.Received = provider.IntentCanceled, inr(0)
		}
		return in, true
	}, page)
}

// EachRefund shows a refund for every tenth booking, from the tenth on.
func (b Bank) EachRefund(_ context.Context, _ time.Time, page func([]provider.Refund) error) error {
	return eachPage(b.Bookings, func(n int) (provider.Refund, bool) {
		return provider.Refund{
			ID: "re_" + strconv.Itoa(n), RefundID: "rf_" + strconv.Itoa(n), IntentID: "pi_" + nameOf(n),
			Status: provider.RefundSucceeded, Amount: inr(22360), Created: longAgo(),
		}, n%10 == 9
	}, page)
}

func eachPage[T any](n int, at func(n int) (T, bool), page func([]T) error) error {
	var next []T
	for i := range n {
		if one, there := at(i); there {
			next = append(next, one)
		}
		if len(next) == pageSize || i == n-1 && len(next) > 0 {
			if err := page(next); err != nil {
				return err
			}
			next = next[:0]
		}
	}
	return nil
}

// Rest is a Temporal in which nothing runs and nothing has failed: all bookings are past.
type Rest struct{}

// ListWorkflow finds none.
func (Rest) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

// nameOf is how the load names its nth booking.
func nameOf(n int) string {
	sum := md5.Sum([]byte(strconv.Itoa(n))) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func inr(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "INR"} }

func longAgo() time.Time { return time.Now().Add(-time.Hour).Truncate(time.Second).UTC() }
