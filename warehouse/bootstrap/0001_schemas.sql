-- The schemas. `staging`, `build` and `marts` are filled by dbt and by publish.
create schema if not exists landing;
create schema if not exists raw;
create schema if not exists quarantine;
create schema if not exists ops;
create schema if not exists staging;
create schema if not exists build;
create schema if not exists identity;
create schema if not exists stewardship;
create schema if not exists slot_a;
create schema if not exists slot_b;
create schema if not exists marts;

grant usage on schema marts to dealer360_bi, dealer360_head_office;
