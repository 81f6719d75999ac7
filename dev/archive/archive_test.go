package archive_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/dev/archive"
	"github.com/boxoffice/boxoffice/dev/pgtest"
)

func TestAnArchiveIsInOrder(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	owner, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, owner.Close(t.Context())) }()
	require.ErrorContains(t, archive.Load(t.Context(), owner, archive.Least-1), "at least")
	require.NoError(t, archive.Load(t.Context(), owner, archive.Least))

	options := audit.Defaults()
	options.Recheck = 0
	report, err := audit.Run(t.Context(), audit.Sources{
		Pool: pgtest.OpenAs(t, dsn, "boxoffice_worker", 2), Provider: archive.Bank{Bookings: archive.Least}, Temporal: archive.Rest{},
	}, options)
	require.NoError(t, err)
	var found strings.Builder
	report.Print(&found)
	require.True(t, report.Clean, "%s", &found)
	for _, check := range report.Checks {
		if check.Name == "provider.money" {
			require.EqualValues(t, archive.Least, check.Looked["intents"])
		}
	}
}
