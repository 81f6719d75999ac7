package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/pgtest"
)

func TestOperatorsTakeRightsAndGiveThem(t *testing.T) {
	dsn := pgtest.NewDB(t)
	t.Setenv("DATABASE_URL", dsn)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), "INSERT INTO users (id, email, name, role) VALUES ('us_ada', 'ada@example.com', 'Ada', 'ADMIN')")
	require.NoError(t, err)
	run := func(args ...string) (string, error) {
		var out bytes.Buffer
		cmd := command()
		cmd.SetArgs(append([]string{"users"}, args...))
		cmd.SetOut(&out)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	because := []string{"--by", "grace", "--reason", "left the company"}
	user := func() (role string, disabled, set bool) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT role, disabled_at IS NOT NULL, role_set_at IS NOT NULL FROM users").Scan(&role, &disabled, &set))
		return role, disabled, set
	}

	for _, who := range []string{"us_ada", "Ada@Example.com"} {
		said, err := run(append([]string{"disable", who}, because...)...)
		require.NoError(t, err)
		require.Equal(t, "us_ada (ada@example.com), ADMIN, is disabled now\n", said)
	}
	_, disabled, _ := user()
	require.True(t, disabled)

	said, err := run(append([]string{"enable", "us_ada"}, because...)...)
	require.NoError(t, err)
	require.Contains(t, said, "enabled")
	said, err = run(append([]string{"set-role", "us_ada", "--role", "staff"}, because...)...)
	require.NoError(t, err)
	require.Equal(t, "us_ada (ada@example.com) is STAFF now\n", said)
	role, disabled, set := user()
	require.Equal(t, "STAFF", role)
	require.False(t, disabled)
	require.True(t, set)

	_, err = run(append([]string{"set-role", "us_ada", "--role", "KING"}, because...)...)
	require.ErrorContains(t, err, "--role must be")
	_, err = run(append([]string{"disable", "us_nobody"}, because...)...)
	require.ErrorContains(t, err, "there is no user us_nobody")
	_, err = run("disable", "us_ada", "--by", "grace")
	require.ErrorContains(t, err, "--reason")
	_, err = run("disable", "us_ada", "--reason", "x")
	require.ErrorContains(t, err, "--by")

	rows, err := conn.Query(t.Context(), "SELECT action || ' ' || actor || ' ' || reason || ' ' || details::text FROM operator_actions WHERE subject = 'us_ada' ORDER BY id")
	require.NoError(t, err)
	trail, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"DISABLE_USER grace left the company {}", "DISABLE_USER grace left the company {}", "ENABLE_USER grace left the company {}",
		`SET_ROLE grace left the company {"to": "STAFF", "from": "ADMIN"}`,
	}, trail)
}
