#!/bin/sh
# Makes the roles that the processes log in with, each allowed what it needs and
# no more. PostgreSQL's image runs it once, when it has made an empty cluster.
set -eu

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    -v database="$POSTGRES_DB" \
    -v owner_password="$OWNER_PASSWORD" \
    -v api_password="$API_PASSWORD" \
    -v worker_password="$WORKER_PASSWORD" \
    -v temporal_password="$TEMPORAL_PASSWORD" <<'SQL'
CREATE ROLE boxoffice_api NOLOGIN;
CREATE ROLE boxoffice_worker NOLOGIN;
-- Its migrations make the two groups above where they are missing.
CREATE ROLE boxoffice_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE boxoffice_api_login LOGIN PASSWORD :'api_password' IN ROLE boxoffice_api;
CREATE ROLE boxoffice_worker_login LOGIN PASSWORD :'worker_password' IN ROLE boxoffice_worker;
-- It makes its two databases by itself.
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';

ALTER DATABASE :"database" OWNER TO boxoffice_owner;
ALTER SCHEMA public OWNER TO boxoffice_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO boxoffice_api, boxoffice_worker;
SQL
