package engine

import (
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	failurepb "go.temporal.io/api/failure/v1"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

func application(kind, message string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: message, Cause: cause, FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
		ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind},
	}}
}

func TestFailuresAreToldWithoutWhatIsInternal(t *testing.T) {
	t.Parallel()
	timeout := &failurepb.Failure{Message: "activity StartToClose timeout", FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{}}}
	for name, test := range map[string]struct {
		failure *failurepb.Failure
		want    string
	}{
		"ours":         {application(booking.FailureProviderRejected, "provider: create refund: rejected", nil), "provider: create refund: rejected"},
		"the provider": {application("Error", "provider: close intent: unavailable", nil), "provider: close intent: unavailable"},
		"wrapped":      {application("wrapError", "x", application(booking.FailureDefect, "the database refuses this", nil)), "the database refuses this"},
		"like it":      {application("Error", "Post http://10.0.0.1: refused", nil), "The step failed for a reason that the worker's log tells."},
		"the database": {application("wrapError", "x", application("ConnectError", "failed to connect to user=boxoffice", nil)), "The database does not answer as it should."},
		"timeout":      {timeout, "The step did not end in time."},
		"two lines":    {application(booking.FailureDefect, "a\nb", nil), "a b"},
		"long":         {application(booking.FailureDefect, strings.Repeat("é", 500), nil), strings.Repeat("é", 199) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, failureText(test.failure))
		})
	}
}

// Temporal names an unclassified error by its Go type.
func TestUnclassifiedErrorsAreNamedByTheirTypes(t *testing.T) {
	t.Parallel()
	require.Equal(t, typeProviderError, reflect.TypeFor[provider.Error]().Name())
	require.Equal(t, typeConnectError, reflect.TypeFor[pgconn.ConnectError]().Name())
	require.Equal(t, typePgError, reflect.TypeFor[pgconn.PgError]().Name())
	require.True(t, strings.HasPrefix((&provider.Error{}).Error(), providerPrefix))
}
