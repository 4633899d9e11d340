"""A model trained on invented people through the real chain: records, levels by dbt, EM, files, and its use by dbt."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks.identity_chain import add_records
from benchmarks.people import COLUMNS, DEALERS, records
from ingestion.raw_tables import ensure_raw_tables
from stewardship.evaluation import NothingBuilt, evaluate
from stewardship.training import (
    SHIPPED_WEIGHTS,
    SMALL_GROUP,
    Training,
    VersionExists,
    settings_of_a_group,
    shares_of_names,
    train,
)
from stewardship.training_changes import Changes
from tests.dbt_in_process import Dbt
from warehouse.database import connect
from warehouse.match_models import load_active_model, read_settings, read_term_frequencies, read_weights
from warehouse.settings import Workspace

RECORDS = 1_200
EVERYTHING = (
    *("build", "--exclude-resource-type", "test", "unit_test"),
    *("--select", "path:seeds/identity", "+int_customer_ids_assigned"),
)
WHAT_A_MODEL_MOVES = ("run", "--select", "+int_customer_ids_assigned")


def _group_without_patronymics(workspace: Workspace, folder: Path) -> Path:
    """Records of twenty dealers in raw; gives the file of labels."""
    people, labels = folder / "people.csv", folder / "labels.csv"
    with people.open("w", encoding="utf-8", newline="") as file, labels.open("w", encoding="utf-8") as truth:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        truth.write("dealer_code,source_system,entity,source_record_id,cluster\n")
        for record in records(RECORDS, seed=5):
            row = dict(zip(COLUMNS, record.row(), strict=True)) | {"middle_name": ""}
            writer.writerow(row.values())
            truth.write(f"{record.dealer_code},dms,customers,{record.source_record_id},{record.cluster}\n")
    with connect(workspace) as connection:
        ensure_raw_tables(connection)
        connection.cursor().executemany(
            "insert into ops.dealers (dealer_code, dealer_name, time_zone, phone_region)"
            " values (%s, 'Centre', 'Europe/Moscow', 'RU')",
            [(code,) for code in DEALERS],
        )
        connection.execute("insert into ops.build_dealers select * from ops.dealers")
    add_records(workspace, people, 0, RECORDS, day=1)
    return labels


def _is_used(workspace: Workspace, training: Training) -> None:
    """What dbt weighs with is what the version's files say."""
    with connect(workspace) as connection:
        chosen = connection.execute(
            "select attribute, level, bits from build.int_match_weights_chosen order by 1, 2"
        ).fetchall()
        shares = dict(
            connection.execute(
                "select term, share from build.int_name_frequencies_keyed where attribute = 'last_name'"
            ).fetchall()
        )
        prior = connection.execute(
            "select value from build.int_match_settings_chosen where setting = 'prior_bits'"
        ).fetchone()
    written = {(weight.attribute, weight.level): weight.bits for weight in read_weights(training.files.weights)}
    assert {(attribute, level): float(bits) for attribute, level, bits in chosen} == pytest.approx(written, abs=1e-4)
    assert prior == (read_settings(training.files.settings)["prior_bits"],)
    assert 1 / RECORDS < max(shares.values()) < 0.05, "shares of this group, not of all Russia"
    assert len(shares) < RECORDS
    assert min(shares.values()) < 1 / RECORDS, "one's own records are no others of one's name"


def _links_are_those_foretold(workspace: Workspace, foretold: Changes) -> None:
    """Training judges what the version itself will propose, in larger blocks of keys that say little."""
    with connect(workspace) as connection:
        accepted = connection.execute(
            "select count(*) from build.int_customer_pairs_scored where match_probability >= accepted_from"
        ).fetchone()
    assert accepted == (foretold.links_before + foretold.links_added - foretold.links_dropped,)


def test_a_group_teaches_a_model_of_its_own_and_builds_use_it(
    workspace: Workspace,
    run_dbt: Dbt,
    tmp_path: Path,
) -> None:
    with pytest.raises(NothingBuilt):
        train(workspace)
    labels = _group_without_patronymics(workspace, tmp_path)
    shipped = SHIPPED_WEIGHTS.read_bytes()
    run_dbt(*EVERYTHING)
    training = train(workspace, version="own", seed=5)

    truth = 0.8 * RECORDS / (RECORDS * (RECORDS - 1) / 2)
    assert training.estimates.prior == pytest.approx(truth, rel=0.25)
    assert training.drawn.records_of_group == RECORDS
    learnt = {weight.attribute for weight in training.estimates.weights}
    assert {"last_name", "first_name", "birth_date", "phone", "email"} <= learnt
    assert learnt.isdisjoint({"middle_name", "tax_id", "vehicle"})
    assert any(sentence.startswith("tax_id: no two records have it") for sentence in training.estimates.told)
    assert {"company"} <= {weight.attribute for weight in read_weights(training.files.weights)}, "companies as shipped"
    assert training.changes.version_before == "default"
    assert training.changes.links_before > 0
    assert SHIPPED_WEIGHTS.read_bytes() == shipped, "training never edits the repository"
    first_names = {term for of, term, _ in read_term_frequencies(training.files.term_frequencies) if of == "first_name"}
    with connect(workspace) as connection:
        listed = connection.execute("select name_key from build.int_first_names_keyed where people_count is not null")
        assert {name for (name,) in listed} <= first_names, "a name that nobody bears here is a name"
    settings = read_settings(training.files.settings)
    assert settings["latin_last_name_share"] == 0, "its own names are counted, in whatever letters"
    page = training.page.read_text(encoding="utf-8")
    assert "vegaEmbed" in page
    assert "Persons are accepted as a rule from a probability of" in page
    assert "<script src" not in page
    assert "<link" not in page

    again = train(workspace, version="again", seed=5)
    for one, other in zip(training.files, again.files, strict=True):
        assert one.read_bytes() == other.read_bytes(), "the same records and seed, the same model"
    with pytest.raises(VersionExists, match=r"own\.csv"):
        train(workspace, version="own")

    with connect(workspace) as connection:
        connection.execute("insert into ops.settings (setting, value) values ('identity_version', 'own')")
        load_active_model(connection, workspace)
        connection.execute("update ops.current_build set identity_version = 'own'")
    run_dbt(*WHAT_A_MODEL_MOVES)
    _is_used(workspace, training)
    _links_are_those_foretold(workspace, training.changes)
    with connect(workspace) as connection:
        by_pairs = evaluate(connection, labels).qualities[0]
    assert by_pairs.precision is not None
    assert by_pairs.recall is not None
    assert by_pairs.precision >= 0.98
    assert by_pairs.recall >= 0.85


def test_larger_blocks_of_weak_keys_come_with_a_small_group_only() -> None:
    small, large = (settings_of_a_group(0.001, records) for records in (SMALL_GROUP, SMALL_GROUP + 1))
    assert small["weak_cap_records"] == SMALL_GROUP
    assert large == {"prior_bits": -9.96, "prior_records": SMALL_GROUP + 1, "smallest_group": SMALL_GROUP + 1}


def test_a_rare_name_is_borne_by_one_other_at_least_in_a_large_group() -> None:
    counted = [("ivanov", 6), ("quillfeather", 2), ("yarrowby", 1), ("zinn", 1)]
    assert shares_of_names(counted, 1.0, SMALL_GROUP) == ([("ivanov", 0.4), ("quillfeather", 0.05)], 0.05)
    assert shares_of_names(counted, 1.0, SMALL_GROUP + 1) == ([("ivanov", 0.4), ("quillfeather", 0.1)], 0.1)


def test_changes_are_told_in_words() -> None:
    assert Changes("own", (), 1_000, 2, 1).sentence() == (
        "Of the last build's pairs 1,000 are accepted by version own; this one would add 2 links and drop 1."
    )
