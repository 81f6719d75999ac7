#!/usr/bin/env bash
# pgx v5.12.0: a statement that fails, if only by a constraint that refuses as it should, is thrown out of the cache of prepared statements.
# Expected by a good engineer: the cache forgets a statement when its plan no longer fits, and a unique violation says nothing about that.
# Seen: the next use first closes it and then prepares it again, two more round trips, parsing and planning. A statement that was
# prepared explicitly under its own text, conn.Prepare(ctx, sql, sql), is used for the same calls and is kept. Exits with 1 if that changes.
set -euo pipefail
dir=$(mktemp -d)
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1) # PostgreSQL as Debian packages it
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
trap 'as_postgres "$bin/pg_ctl" -D "$dir/pg/data" -m immediate stop > "$dir/stopped" 2>&1 || true; rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir "$dir/pg" "$dir/go"
if [ "$(id -u)" = 0 ]; then chown postgres "$dir/pg"; fi
cd "$dir/pg"
as_postgres "$bin/initdb" -D "$dir/pg/data" -U postgres --auth=trust > "$dir/made"
as_postgres "$bin/pg_ctl" -D "$dir/pg/data" -l "$dir/pg/log" -w -o "-c listen_addresses='' -k $dir/pg" start > "$dir/started"

cd "$dir/go"
cat > go.mod <<'MOD'
module example.com/statements

go 1.26

require github.com/jackc/pgx/v5 v5.12.0
MOD
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

const insert = "INSERT INTO pg_temp.once VALUES ($1)"

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// prepared is how many statements the session has prepared for the insert after it was refused.
func prepared(ctx context.Context, inAdvance bool) (n int) {
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	must(err)
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "CREATE TEMPORARY TABLE once (id int PRIMARY KEY)")
	must(err)
	if inAdvance {
		_, err = conn.Prepare(ctx, insert, insert)
		must(err)
	}
	_, err = conn.Exec(ctx, insert, 1)
	must(err)
	if _, err = conn.Exec(ctx, insert, 1); err == nil {
		must(fmt.Errorf("the second insert was not refused"))
	}
	must(conn.QueryRow(ctx, "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1", insert).Scan(&n))
	return n
}

func main() {
	ctx := context.Background()
	cached, explicit := prepared(ctx, false), prepared(ctx, true)
	fmt.Printf("after a unique violation: %d of the cache's statements is left, and %d of those prepared in advance\n", cached, explicit)
	if cached != 0 || explicit != 1 {
		os.Exit(1)
	}
}
GO
go mod tidy > "$dir/tidied" 2>&1
DATABASE_URL="host=$dir/pg user=postgres dbname=postgres" go run .
