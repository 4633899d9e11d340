import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.fake_builds import rows
from tests.warehouse.test_build import _load_batch, _publish
from warehouse.build import open_build
from warehouse.database import connect
from warehouse.match_models import (
    LevelWeight,
    MatchModelUnreadable,
    UnknownMatchModel,
    known_versions,
    load_active_model,
    model_files,
    read_settings,
    read_term_frequencies,
    read_weights,
    write_model,
)
from warehouse.run_dbt import DBT_PROJECT
from warehouse.settings import Workspace

WEIGHTS = [LevelWeight("phone", "mobile", 0.8, 0.1, "same mobile phone"), LevelWeight("phone", "different", 0.2, 0.9)]


@pytest.fixture
def connection(workspace: Workspace) -> Iterator[psycopg.Connection]:
    with connect(workspace, autocommit=True) as connection:
        connection.execute(
            "insert into ops.dealers (dealer_code, dealer_name, time_zone, phone_region)"
            " values ('d01', 'Север-Авто', 'Europe/Moscow', 'RU')"
        )
        connection.execute(
            "insert into ops.feeds (feed_id, dealer_code, source_system, entity, path, format_type, delivery,"
            " definition) values ('d01/dms/sales/*', 'd01', 'dms', 'sales', '*', 'csv', 'full', '{}')"
        )
        yield connection


def _write(workspace: Workspace, version: str = "2026-11", prior_bits: float = -11.5) -> None:
    write_model(
        model_files(workspace, version),
        WEIGHTS,
        {"prior_bits": prior_bits}.items(),
        [("last_name", "ivanov", 0.0052), ("last_name", "petrov", 0.0031)],
    )


def _choose(connection: psycopg.Connection, version: str) -> None:
    connection.execute(
        "insert into ops.settings (setting, value) values ('identity_version', %s)"
        " on conflict (setting) do update set value = excluded.value",
        (version,),
    )


def test_what_is_written_is_read_again(workspace: Workspace) -> None:
    _write(workspace)
    files = model_files(workspace, "2026-11")
    assert read_weights(files.weights) == WEIGHTS
    assert read_weights(files.weights)[0].bits == pytest.approx(3)
    assert read_settings(files.settings) == {"prior_bits": -11.5}
    assert list(read_term_frequencies(files.term_frequencies)) == [
        ("last_name", "ivanov", 0.0052),
        ("last_name", "petrov", 0.0031),
    ]
    assert known_versions(workspace) == ["2026-11"], "its companions are no versions"


def test_the_shipped_weights_have_the_same_format() -> None:
    assert len(read_weights(DBT_PROJECT / "seeds/identity/match_weights.csv")) > 40


def test_the_pairs_are_weighed_by_every_level_of_the_shipped_weights() -> None:
    comparisons = (DBT_PROJECT / "macros/identity/comparisons.sql").read_text(encoding="utf-8")
    [listed] = re.findall(r"macro match_levels\(\).*?return\((\{.*?\})\)", comparisons, flags=re.S)
    weighed = [(attribute, level) for attribute, levels in ast.literal_eval(listed).items() for level in levels]
    assert weighed == [
        (weight.attribute, weight.level) for weight in read_weights(DBT_PROJECT / "seeds/identity/match_weights.csv")
    ]


def test_the_active_version_is_copied_once_and_again_when_its_files_change(workspace, connection) -> None:
    _write(workspace)
    _choose(connection, "2026-11")
    load_active_model(connection, workspace)
    assert rows(connection, "select attribute, level, m_probability from identity.match_weights order by 3 desc") == [
        ("phone", "mobile", 0.8),
        ("phone", "different", 0.2),
    ]
    assert rows(connection, "select term, share from identity.match_term_frequencies order by 2") == [
        ("petrov", 0.0031),
        ("ivanov", 0.0052),
    ]
    loaded_at = rows(connection, "select loaded_at from identity.match_models")
    load_active_model(connection, workspace)
    assert rows(connection, "select loaded_at from identity.match_models") == loaded_at
    _write(workspace, prior_bits=-13)
    load_active_model(connection, workspace)
    assert rows(connection, "select value from identity.match_settings") == [(-13.0,)]


def test_the_default_needs_no_files(workspace, connection) -> None:
    load_active_model(connection, workspace)
    assert rows(connection, "select model_version from identity.match_models") == []


def test_another_version_is_something_new_to_build(workspace, connection) -> None:
    _load_batch(connection, date(2026, 3, 5))
    _publish(workspace, connection, open_build(workspace, holder="airflow:1"))
    assert open_build(workspace, holder="airflow:2").build_id is None
    _write(workspace)
    _choose(connection, "2026-11")
    opened = open_build(workspace, holder="airflow:3")
    assert rows(connection, f"select identity_version from ops.builds where build_id = {opened.build_id}") == [
        ("2026-11",)
    ]
    assert rows(connection, "select identity_version from ops.current_build") == [("2026-11",)]


@pytest.mark.parametrize("version", ["never-trained", "../2026-11"])
def test_a_version_that_is_not_there_opens_no_build(workspace, connection, version) -> None:
    _load_batch(connection, date(2026, 3, 5))
    _write(workspace)
    _choose(connection, version)
    with pytest.raises(UnknownMatchModel, match="2026-11"):
        open_build(workspace, holder="airflow:1")
    assert rows(connection, "select count(*) from ops.builds") == [(0,)]


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "attribute,level,m_probability,u_probability,wording\nphone,mobile,1.5,0.1,same\n"]
)
def test_a_broken_file_is_told_and_changes_nothing(workspace, connection, text) -> None:
    _write(workspace)
    _choose(connection, "2026-11")
    load_active_model(connection, workspace)
    file = model_files(workspace, "2026-11").weights
    Path(file).write_text(text, encoding="utf-8")
    with pytest.raises(MatchModelUnreadable, match=r"2026-11\.csv"):
        load_active_model(connection, workspace)
    assert rows(connection, "select count(*) from identity.match_weights") == [(2,)]
