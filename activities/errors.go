package activities

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// classify decides whether an error is an expected answer, a defect, or worth retrying.
func classify(err error) error {
	var (
		refusal     *booking.Refusal
		providerErr *provider.Error
		pgErr       *pgconn.PgError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return temporal.NewApplicationErrorWithOptions(refusal.Message, booking.RefusalType, temporal.ApplicationErrorOptions{
			NonRetryable: true,
			Category:     temporal.ApplicationErrorCategoryBenign,
			Details:      []any{*refusal},
		})
	case errors.As(err, &providerErr):
		return classifyProvider(providerErr)
	case isDefect(err) && errors.As(err, &pgErr):
		// The detail of such an error quotes the row; only the code and the name of the constraint are safe to show.
		return temporal.NewNonRetryableApplicationError("the database refuses this: "+pgErr.Code+" "+pgErr.ConstraintName, booking.FailureDefect, nil)
	default:
		return err
	}
}

// isDefect says that the database will never accept the statement.
func isDefect(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(defectClasses, pgErr.Code[:2])
}

// defectClasses are the SQLSTATE classes that no retry can fix: cardinality, data and integrity violations.
var defectClasses = []string{"21", "22", "23"}

func classifyProvider(err *provider.Error) error {
	if err.Kind == provider.KindRateLimited {
		return temporal.NewApplicationErrorWithOptions(err.Error(), booking.FailureProviderBusy, temporal.ApplicationErrorOptions{
			NextRetryDelay: err.RetryAfter,
		})
	}
	if err.Retryable() {
		return err
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), booking.FailureProviderRejected, nil)
}
