#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume: the warehouse's owner and Airflow's own user, each with a database,
# and the readers' roles. None is a superuser; the warehouse's schemas are made by the first `dealer360` command.
set -eu

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set=owner_password="$DEALER360_OWNER_PASSWORD" \
    --set=bi_password="$DEALER360_BI_PASSWORD" \
    --set=head_office_password="$DEALER360_HEAD_OFFICE_PASSWORD" \
    --set=airflow_password="$AIRFLOW_DATABASE_PASSWORD" <<'SQL'
create role dealer360_owner login createrole password :'owner_password';
create role dealer360_bi login password :'bi_password';
create role dealer360_head_office login password :'head_office_password';
create database dealer360 owner dealer360_owner;
create role airflow login password :'airflow_password';
create database airflow owner airflow;
revoke connect on database airflow from public;
revoke connect on database dealer360 from public;
SQL
