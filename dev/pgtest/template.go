package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/db"
)

// ensureTemplate makes the migrated template unless this server has it already, and returns its name. The name is derived
// from the migrations, so that processes with the same schema share one and others do not meet; a lock lets one of
// them make it. It is marked as a template only when complete: an unmarked one was left by a crash.
func ensureTemplate(ctx context.Context, admin string) (string, error) {
	sum, err := hashOf(db.Migrations())
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	name := "template_" + hex.EncodeToString(sum[:8])

	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name); err != nil {
		return "", fmt.Errorf("lock template: %w", err)
	}
	var complete bool
	err = conn.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", name).Scan(&complete)
	if complete || err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return name, err
	}
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return "", fmt.Errorf("make template: %w", err)
		}
	}
	dsn, err := withDatabase(admin, name)
	if err != nil {
		return "", err
	}
	if err := db.Migrate(ctx, dsn); err != nil {
		return "", err
	}
	// A database with open connections cannot be copied; this one accepts none any more.
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")
	return name, err
}

func hashOf(files fs.FS) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return nil
	})
	return [sha256.Size]byte(h.Sum(nil)), err
}
