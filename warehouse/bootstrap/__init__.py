"""Roles and schemas of the warehouse: the NNNN_*.sql files beside this module, each applied once, in their order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from warehouse.errors import Dealer360Error

OWNER = "dealer360_owner"
READER_ROLES = ("dealer360_bi", "dealer360_head_office")

_OLDEST_SERVER = 150000
_MAY_ON_DATABASE: LiteralString = (
    "select from pg_roles where rolname = %s and has_database_privilege(rolname, current_database(), %s)"
)
_LOCK = 360_001  # pg_advisory_xact_lock: one process at a time


class ServerTooOld(Dealer360Error):
    """The server is older than PostgreSQL 15."""


class DatabaseNotUtf8(Dealer360Error):
    """The database cannot hold every name."""


class RolesMissing(Dealer360Error):
    """The warehouse's roles are not there and the connecting user may not make them."""


class SchemaVersionChanged(Dealer360Error):
    """A bootstrap file differs from the one that was applied to this database."""


@dataclass(frozen=True)
class SchemaVersion:
    """One bootstrap file: its number, its file name, its statements."""

    version: int
    name: str
    statements: str

    @property
    def sha256(self) -> str:
        """What tells whether the file changed after it was applied."""
        return hashlib.sha256(self.statements.encode()).hexdigest()


def schema_versions() -> list[SchemaVersion]:
    """Every bootstrap file, in order."""
    return [
        SchemaVersion(version=int(path.name[:4]), name=path.name, statements=path.read_text(encoding="utf-8"))
        for path in sorted(Path(__file__).parent.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    ]


def bootstrap(connection: psycopg.Connection, *, up_to: int | None = None) -> None:
    """Have the warehouse's roles and schemas in this database, up to version `up_to` (all of them when None).

    Idempotent, and safe when several processes do it at once. Everything is applied in one transaction or not at all;
    `connection` must not be inside one. The connecting user needs no superuser's rights: RolesMissing lists what a
    database administrator has to run when it has too few.

    Raises:
        ServerTooOld, DatabaseNotUtf8, RolesMissing, SchemaVersionChanged.
    """
    with connection.transaction():
        _check_server(connection)
    wanted = [version for version in schema_versions() if up_to is None or version.version <= up_to]
    with connection.transaction():
        if _missing(connection, wanted):
            connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            _ensure_roles(connection)
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(OWNER)))
            connection.execute("create schema if not exists ops")
            connection.execute(
                """
                create table if not exists ops.schema_versions (
                    version integer primary key,
                    name text not null,
                    sha256 text not null,
                    applied_at timestamptz not null default now()
                )
                """
            )
            for version in _missing(connection, wanted):
                connection.execute(version.statements.encode())
                connection.execute(
                    "insert into ops.schema_versions (version, name, sha256) values (%s, %s, %s)",
                    [version.version, version.name, version.sha256],
                )


def _check_server(connection: psycopg.Connection) -> None:
    where = f"database {connection.info.dbname} on {connection.info.host}:{connection.info.port}"
    if connection.info.server_version < _OLDEST_SERVER:
        raise ServerTooOld(
            where,
            found=f"PostgreSQL {connection.info.parameter_status('server_version')}",
            expected="PostgreSQL 15 or later",
            do="upgrade the server, or unset DEALER360_DATABASE_URL to use the embedded one; nothing was changed",
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseNotUtf8(
            where,
            found=f"server_encoding {encoding}",
            expected="UTF8",
            do="create the database anew: create database … encoding 'UTF8' template template0; nothing was changed",
        )


def _missing(connection: psycopg.Connection, wanted: list[SchemaVersion]) -> list[SchemaVersion]:
    """The versions that this database does not have yet."""
    try:
        with connection.transaction():
            rows = connection.execute("select version, sha256 from ops.schema_versions").fetchall()
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedTable):
        return wanted
    except psycopg.errors.InsufficientPrivilege:
        # Another user made the warehouse and this one is not yet a member of its owner: _ensure_roles has to see to it.
        return wanted
    applied: dict[int, str] = dict(rows)
    for version in wanted:
        if applied.get(version.version, version.sha256) != version.sha256:
            raise SchemaVersionChanged(
                f"warehouse/bootstrap/{version.name}",
                found="the file was edited after it had been applied to this database",
                expected=f"the text with sha256 {applied[version.version]}",
                do="restore the file and put the change into a new one with the next number; nothing was changed",
            )
    return [version for version in wanted if version.version not in applied]


def _ensure_roles(connection: psycopg.Connection) -> None:
    """The roles, and the connecting user able to become the owner. Readers' passwords are left to the administrator."""
    names = {
        "database": sql.Identifier(connection.info.dbname),
        "owner": sql.Identifier(OWNER),
        "user": sql.Identifier(connection.info.user),
    }
    statements = [
        sql.SQL("create role {} {}").format(sql.Identifier(role), sql.SQL("nologin" if role == OWNER else "login"))
        for role in (OWNER, *READER_ROLES)
        if not _is_there(connection, "select from pg_roles where rolname = %s", role)
    ]
    if not _can_become_owner(connection):
        statements.append(sql.SQL("grant {owner} to {user}").format(**names))
    if not _is_there(connection, _MAY_ON_DATABASE, OWNER, "create"):
        statements.append(sql.SQL("grant create, connect, temporary on database {database} to {owner}").format(**names))
    statements.extend(
        sql.SQL("grant connect on database {database} to {role}").format(role=sql.Identifier(role), **names)
        for role in READER_ROLES
        if not _is_there(connection, _MAY_ON_DATABASE, role, "connect")
    )
    try:
        for statement in statements:
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        script = ";\n".join(statement.as_string(connection) for statement in statements)
        raise RolesMissing(
            f"database {connection.info.dbname} on {connection.info.host}:{connection.info.port}",
            found=f"user {connection.info.user} may not do what is missing ({str(error).strip().splitlines()[0]})",
            expected=f"roles {OWNER}, {', '.join(READER_ROLES)}, and {connection.info.user} a member of {OWNER}",
            do=f"have a database administrator run this in the database; nothing was changed:\n{script};",
        ) from error


def _can_become_owner(connection: psycopg.Connection) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(OWNER)))
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue):  # may not; does not exist
        return False
    return True


def _is_there(connection: psycopg.Connection, question: LiteralString, *parameters: str) -> bool:
    return connection.execute(question, parameters).fetchone() is not None
