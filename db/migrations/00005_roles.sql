-- Least privilege: what the API and the worker may touch. Login roles are created at deployment, as members of these.

-- +goose Up
-- Roles belong to the cluster, not to the database: another database's migration may have created them, or may be
-- creating them right now.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['boxoffice_api', 'boxoffice_worker'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END $$;
-- +goose StatementEnd

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO boxoffice_api, boxoffice_worker;

-- The API reads, and writes only what no workflow owns: users with their empty wallets, and received webhooks.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO boxoffice_api;
GRANT INSERT ON users, webhook_events TO boxoffice_api;
GRANT INSERT (id, kind, user_id, currency) ON ledger_accounts TO boxoffice_api;

GRANT SELECT ON currencies, cities, theatres, screens, seat_layouts, seats, movies, shows, show_prices TO boxoffice_worker;
GRANT SELECT (id, email, name, role) ON users TO boxoffice_worker;
-- A row lock on the show (confirm waits for a closing sale) needs a column to be updatable.
GRANT UPDATE (hold_seconds) ON shows TO boxoffice_worker;
GRANT SELECT, INSERT, UPDATE ON bookings, payments, refunds TO boxoffice_worker;
GRANT SELECT, INSERT ON booking_seats, booking_events, ledger_transactions, ledger_entries TO boxoffice_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON claims TO boxoffice_worker;
GRANT SELECT, UPDATE (balance) ON ledger_accounts TO boxoffice_worker;

-- +goose Down
-- The roles stay: other databases of the cluster may use them.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM boxoffice_api, boxoffice_worker;
REVOKE ALL ON SCHEMA public FROM boxoffice_api, boxoffice_worker;
GRANT ALL ON SCHEMA public TO PUBLIC;
