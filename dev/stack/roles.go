package stack

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/dev/localpg"
)

const (
	database     = "boxoffice"
	ownerRole    = "boxoffice_owner"
	apiRole      = "boxoffice_api_login"
	workerRole   = "boxoffice_worker_login"
	temporalRole = "temporal"
)

// prepareDatabase makes the product's database and the roles that its processes log in with; each is allowed what
// it needs and no more. It may run at every start: passwords are set anew.
func prepareDatabase(ctx context.Context, server *localpg.Server, s Secrets) error {
	conn, err := pgx.Connect(ctx, server.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()

	for _, role := range []struct{ name, attributes, password string }{
		{"boxoffice_api", "NOLOGIN", ""},
		{"boxoffice_worker", "NOLOGIN", ""},
		{ownerRole, "LOGIN CREATEROLE", s.OwnerPassword}, // its migrations make the two groups where they are missing
		{apiRole, "LOGIN IN ROLE boxoffice_api", s.APIPassword},
		{workerRole, "LOGIN IN ROLE boxoffice_worker", s.WorkerPassword},
		{temporalRole, "LOGIN CREATEDB", s.TemporalPassword}, // it makes its two databases
	} {
		if err := ensureRole(ctx, conn, role.name, role.attributes, role.password); err != nil {
			return fmt.Errorf("role %s: %w", role.name, err)
		}
	}
	if err := ensureDatabase(ctx, conn); err != nil {
		return fmt.Errorf("database %s: %w", database, err)
	}
	return ownSchema(ctx, server.DSN(database))
}

func ensureRole(ctx context.Context, conn *pgx.Conn, name, attributes, password string) error {
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name).Scan(&there); err != nil {
		return err
	}
	if !there {
		if _, err := conn.Exec(ctx, "CREATE ROLE "+name+" "+attributes); err != nil {
			return err
		}
	}
	if password == "" {
		return nil
	}
	// A password cannot be a parameter here; ours are hexadecimal.
	_, err := conn.Exec(ctx, "ALTER ROLE "+name+" PASSWORD '"+password+"'")
	return err
}

func ensureDatabase(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&there); err != nil {
		return err
	}
	var statements []string
	if !there {
		statements = append(statements, "CREATE DATABASE "+database+" OWNER "+ownerRole)
	}
	statements = append(statements,
		"REVOKE ALL ON DATABASE "+database+" FROM PUBLIC",
		"GRANT CONNECT ON DATABASE "+database+" TO boxoffice_api, boxoffice_worker")
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// ownSchema gives the public schema to the owner: before PostgreSQL 15 it belongs to the superuser.
func ownSchema(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "ALTER SCHEMA public OWNER TO "+ownerRole)
	return err
}
