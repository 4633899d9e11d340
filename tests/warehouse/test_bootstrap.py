import psycopg
import pytest

from warehouse.bootstrap import bootstrap, schema_versions


def _applied(connection: psycopg.Connection) -> list[int]:
    return [row[0] for row in connection.execute("select version from ops.schema_versions order by version")]


def test_bootstrapping_again_applies_nothing_twice(empty_database_url):
    with psycopg.connect(empty_database_url) as connection:
        bootstrap(connection)
        bootstrap(connection)
        assert _applied(connection) == [version.version for version in schema_versions()]


@pytest.mark.parametrize("version", [version.version for version in schema_versions()])
def test_a_database_of_any_earlier_version_is_brought_up_to_date(empty_database_url, version):
    with psycopg.connect(empty_database_url) as connection:
        bootstrap(connection, up_to=version)
        assert _applied(connection)[-1] == version
        bootstrap(connection)
        assert _applied(connection) == [version.version for version in schema_versions()]
