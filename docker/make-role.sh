#!/bin/sh
# The portal's role owns its database and has no other right on the server: a superuser may run programs.
# Afterwards the superuser has no password, and comes in only from inside the container.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=password="$POSTGRES_PASSWORD" \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE portal LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE portal OWNER portal;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
