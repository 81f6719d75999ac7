#!/bin/sh
# Creates Temporal's two databases where they are missing and brings their schemas
# to the version of this image. SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and
# SQL_PASSWORD say where.
set -eu

apply() {
    temporal-sql-tool --db "$1" create-database
    temporal-sql-tool --db "$1" setup-schema --version 0.0
    temporal-sql-tool --db "$1" update-schema --schema-name "$2"
}

apply temporal postgresql/v12/temporal
apply temporal_visibility postgresql/v12/visibility
