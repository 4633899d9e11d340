"""What a workspace's YAML files may say, and how a mistake in them is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ingestion.dealer_entries import DEALER_SCHEMA_FILE, GROUP_SCHEMA_FILE
from ingestion.dealer_files import read_configuration, validate
from ingestion.errors import InvalidSettings
from tests.ingestion.deliveries import write_dealer, write_group, write_sales_dealer
from warehouse.settings import PROJECT_ROOT, Workspace

FEED = """\
  - source: dms
    entity: sales
    path: d01/sales_{date:%Y%m%d}.csv
    delivery: full
    columns: {source_id: id, sold_at: sold}
"""
DEALER = f"dealer_code: d01\nname: Север\ntime_zone: Europe/Moscow\nfeeds:\n{FEED}"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a group.yml and no dealers; no database."""
    workspace = Workspace(tmp_path)
    write_group(workspace)
    return workspace


def problems_of(workspace: Workspace, text: str) -> tuple[str, ...]:
    write_dealer(workspace, text)
    with pytest.raises(InvalidSettings) as caught:
        validate(workspace)
    return caught.value.problems


def test_a_dealer_is_read_with_what_the_group_says_for_all(workspace: Workspace) -> None:
    write_dealer(workspace, DEALER)
    configuration = validate(workspace)
    (dealer,) = configuration.dealers
    (feed,) = configuration.feeds
    assert (dealer.dealer_code, dealer.phone_region, dealer.same_group) == ("d01", "RU", True)
    assert feed.feed_id == "d01/dms/sales/d01/sales_{date:%Y%m%d}.csv"
    assert (feed.format.type, feed.line) == ("csv", 5)


def test_all_mistakes_are_told_at_once_with_file_and_line(workspace: Workspace) -> None:
    text = DEALER.replace("delivery: full", "delivery: ful").replace("sold_at: sold", "sold_att: sold")
    problems = problems_of(workspace, text.replace("name: Север", "nam: Север"))
    assert sorted(problem.split(": ")[0] for problem in problems) == [
        "dealers/d01.yml:1",
        "dealers/d01.yml:2",
        "dealers/d01.yml:8",
        "dealers/d01.yml:9",
        "dealers/d01.yml:9",
    ]


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("delivery: ful", "delivery: full", "`delivery` is `ful`; did you mean `full`?"),
        ("sold_att: sold", "sold_at: sold", "dms.sales has no column `sold_att`; did you mean `sold_at`?"),
        ("nam: Север", "name: Север", "unknown key `nam`; did you mean `name`?"),
        ("Europe/Moskow", "Europe/Moscow", "`Europe/Moskow` is no time zone; did you mean `Europe/Moscow`?"),
        ("entity: sale\n", "entity: sales\n", "no contract for `dms.sale`; did you mean `dms.sales`?"),
        ("{date:%Y}", "{date:%Y%m%d}", "a delivery date has a year, a month and a day"),
        ("path: /d01", "path: d01", "a path is relative to landing/"),
        ("columns: {sold_at", "columns: {source_id: id, sold_at", "the required column `source_id` is not mapped"),
        (
            "columns: {source_id: id}",
            "columns: {source_id: id, sold_at: sold}",
            "none of sold_at, contracted_at is mapped",
        ),
        ("dealer_code: D 01", "dealer_code: d01", "`dealer_code` is `D 01`; allowed:"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_what_is_allowed(
    workspace: Workspace, wrong: str, right: str, told: str
) -> None:
    assert right in DEALER
    problems = problems_of(workspace, DEALER.replace(right, wrong))
    assert any(told in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("addition", "told"),
    [
        ("    values: {status: {Da: grantd}}\n", "`status` knows no `grantd`; allowed: delivered, open, cancelled"),
        ("    constants: {vehicle_condition: neww}\n", "`vehicle_condition` knows no `neww`; did you mean `new`?"),
        ("    ignore: [sold]\n", "`sold` is mapped and ignored"),
        ("    yearly_numbers: sometimes\n", "`yearly_numbers` is `sometimes`; allowed: a value of type boolean"),
        ("    due: 6:00\n", "`due` is `6:00`; allowed:"),
        ("    format: {encoding: cp12345}\n", "`cp12345` is no encoding"),
        ("    format: {total_row: {column: id, equals: x, sums: {make: y}}}\n", "`make` cannot be summed"),
        ("    delivery: delta\n", "`delivery` stands here a second time"),
        ("    dates: {order: dym}\n", "`order` is `dym`; did you mean"),
    ],
)
def test_what_the_schema_cannot_know_is_checked_too(workspace: Workspace, addition: str, told: str) -> None:
    problems = problems_of(workspace, DEALER + addition)
    assert any(told in problem for problem in problems), problems


def test_times_and_words_like_yes_are_read_as_they_are_written(workspace: Workspace) -> None:
    write_dealer(
        workspace, f"{DEALER}    due: 06:00\n    values: {{consent_marketing: {{yes: granted, no: denied}}}}\n"
    )
    (feed,) = validate(workspace).feeds
    assert feed.due == "06:00"
    assert dict(dict(feed.values)["consent_marketing"]) == {"yes": "granted", "no": "denied"}


def test_broken_yaml_is_told_with_its_line(workspace: Workspace) -> None:
    (problem,) = problems_of(workspace, "dealer_code: d01\nname: [x\nfeeds: []\n")
    assert problem.startswith("dealers/d01.yml:3: not YAML")


def test_a_dealer_has_one_yaml(workspace: Workspace) -> None:
    write_dealer(workspace, DEALER, "d01_copy")
    problems = problems_of(workspace, DEALER)
    assert any("`d01` stands in d01.yml too" in problem for problem in problems)


def test_a_feed_of_many_dealers_lists_them_inline_and_must_name_the_dealer_of_a_row(workspace: Workspace) -> None:
    text = DEALER.replace("dealer_code: d01\nname: Север\n", "dealer_code: _group\n").replace(
        "feeds:", "dealers:\n  - {dealer_code: d07, name: Юг, time_zone: Asia/Omsk}\nfeeds:"
    )
    problems = problems_of(workspace, text)
    assert any("maps no `dealer_code`" in problem for problem in problems)
    write_dealer(workspace, text.replace("sold_at: sold", "sold_at: sold, dealer_code: shop"))
    configuration = validate(workspace)
    assert [dealer.dealer_code for dealer in configuration.dealers] == ["d07"]


def test_a_dealer_of_its_own_may_not_list_others(workspace: Workspace) -> None:
    text = DEALER.replace("feeds:", "dealers:\n  - {dealer_code: d07, name: Юг, time_zone: Asia/Omsk}\nfeeds:")
    assert any("`dealers` may not stand here" in problem for problem in problems_of(workspace, text))


def test_a_mistake_in_one_dealers_file_leaves_the_others(workspace: Workspace) -> None:
    write_sales_dealer(workspace, "d02")
    write_dealer(workspace, DEALER.replace("full", "ful"))
    configuration = read_configuration(workspace)
    assert [dealer.dealer_code for dealer in configuration.dealers] == ["d02"]
    assert configuration.dealers_with_problems == ("d01",)


def test_a_workspace_without_a_group_file_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="there is no such file"):
        read_configuration(Workspace(tmp_path))


def test_the_definition_hash_changes_with_the_feed_and_not_with_its_line(workspace: Workspace) -> None:
    write_dealer(workspace, DEALER)
    (first,) = validate(workspace).feeds
    write_dealer(workspace, f"# a comment\n{DEALER}")
    (moved,) = validate(workspace).feeds
    write_dealer(workspace, DEALER.replace("sold_at: sold", "sold_at: handover"))
    (changed,) = validate(workspace).feeds
    assert first.definition_hash() == moved.definition_hash() != changed.definition_hash()


@pytest.mark.parametrize("text", ["thresholds:\n  retention: {active_days: 395}\n", "retention:\n  active_days: 395\n"])
def test_thresholds_get_dotted_names(workspace: Workspace, text: str) -> None:
    with workspace.group_file.open("a", encoding="utf-8") as stream:
        stream.write(text)
    assert read_configuration(workspace).group.thresholds == (("retention.active_days", "395"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("thresholds: {retention: {activ_days: 3}}\n", "unknown key `activ_days`; did you mean `active_days`?"),
        ("thresholds: {retension: {active_days: 3}}\n", "unknown key `retension`; did you mean `retention`?"),
        ("retention: {active_days: many}\n", "`active_days` is `many`; allowed: a value of type integer"),
        ("loading: {ragged_share: 20}\n", "`ragged_share` is `20`; allowed: a number of at most 1"),
    ],
)
def test_a_threshold_that_nobody_knows_or_that_is_no_number_is_told(workspace: Workspace, text: str, told: str) -> None:
    with workspace.group_file.open("a", encoding="utf-8") as stream:
        stream.write(text)
    with pytest.raises(InvalidSettings) as caught:
        read_configuration(workspace)
    assert caught.value.problems == (f"group.yml:4: {told}",)


def test_the_schema_lists_every_threshold_that_is_read_somewhere(workspace: Workspace) -> None:
    schema = json.loads(GROUP_SCHEMA_FILE.read_text(encoding="utf-8"))
    listed = {
        f"{subject}.{name}"
        for subject in schema["properties"]["thresholds"]["properties"]
        for name in schema["$defs"][subject]["properties"]
    }
    texts = [
        (PROJECT_ROOT / "dbt_project/models/intermediate/int_group_settings.sql").read_text(encoding="utf-8"),
        (PROJECT_ROOT / "expectations/cross_checks.py").read_text(encoding="utf-8"),
        (PROJECT_ROOT / "ingestion/file_checks.py").read_text(encoding="utf-8"),
    ]
    subjects = "|".join(schema["properties"]["thresholds"]["properties"])
    read = {name for text in texts for name in re.findall(rf"""["']((?:{subjects})\.\w+)["']""", text)}
    assert read == listed


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("%d.%B.%Y", "`%d.%B.%Y` holds `%B`; allowed: %d %m %Y %y %H %M %S"),
        ("%d.%m", "`%d.%m` names no whole day; a date has a year, a month and a day"),
    ],
)
def test_a_date_format_that_cannot_be_read_is_told(workspace: Workspace, written: str, told: str) -> None:
    (problem,) = problems_of(workspace, f'{DEALER}    dates: {{format: "{written}"}}\n')
    assert problem == f"dealers/d01.yml:10: {told}"


@pytest.mark.parametrize(
    ("path", "source", "entity", "kind"),
    [
        ("d01/*.CSV", "dms", "sales", "csv"),
        ("d01/*.csv.gz", "dms", "sales", "csv"),
        ("d01/*.xlsx.zip", "dms", "sales", "excel"),
        ("d01/*.xls*", "dms", "sales", "excel"),
        ("d01/*.json", "dms", "sales", "json"),
        ("d01/*.parquet", "dms", "sales", "parquet"),
        ("d01/*.xml", "dms", "sales", "xml"),
        ("d01/*.xml", "web", "leads", "adf"),
        ("d01/*.eml", "web", "leads", "eml"),
    ],
)
def test_a_paths_ending_tells_the_format(workspace: Workspace, path: str, source: str, entity: str, kind: str) -> None:
    moment = "created_at" if entity == "leads" else "sold_at"
    feed = FEED.replace("sales_{date:%Y%m%d}.csv", path.removeprefix("d01/")).replace(
        "source: dms", f"source: {source}"
    )
    feed = feed.replace("entity: sales", f"entity: {entity}").replace("sold_at", moment)
    write_dealer(workspace, DEALER.replace(FEED, feed))
    (read,) = validate(workspace).feeds
    assert read.format.type == kind


def test_a_packed_files_ending_alone_tells_no_format(workspace: Workspace) -> None:
    (problem,) = problems_of(workspace, DEALER.replace(".csv", ".zip"))
    assert "tells no format" in problem
    assert "parquet" in problem


def test_the_columns_that_are_dates_are_known_to_the_reader(workspace: Workspace) -> None:
    write_dealer(workspace, DEALER.replace("sold_at: sold", "sold_at: [sold, Дата], birth_date: born"))
    assert validate(workspace).feeds[0].format.date_names == ("sold", "Дата", "born")


def test_the_columns_that_are_amounts_are_known_to_the_reader(workspace: Workspace) -> None:
    write_dealer(workspace, DEALER.replace("sold_at: sold", "sold_at: sold, price_amount: [price, Сумма]"))
    assert validate(workspace).feeds[0].format.amount_names == ("price", "Сумма")


def test_dates_that_the_yaml_writes_out_are_counted_by_nobody(workspace: Workspace) -> None:
    write_dealer(workspace, DEALER.replace("delivery: full", 'delivery: full\n    dates: {format: "%d.%m.%Y"}'))
    assert validate(workspace).feeds[0].format.date_names == ()


def test_surveys_are_looked_at_for_their_tool_and_need_not_map_what_it_always_says(workspace: Workspace) -> None:
    survey = FEED.replace("source: dms", "source: surveys").replace("entity: sales", "entity: responses")
    mapped = survey.replace("{source_id: id, sold_at: sold}", "{source_id: id}")
    write_dealer(workspace, DEALER.replace(FEED, mapped))
    assert validate(workspace).feeds[0].format.survey == "detect"
    write_dealer(workspace, DEALER.replace(FEED, survey.replace("{source_id: id, sold_at: sold}", "{nps: score}")))
    assert validate(workspace).feeds[0].format.survey == "detect"
    named = survey.replace("columns: {source_id: id, sold_at: sold}", "format: {survey: typeform}")
    write_dealer(workspace, DEALER.replace(FEED, named))
    assert validate(workspace).feeds[0].format.survey == "typeform"
    write_dealer(workspace, DEALER)
    assert validate(workspace).feeds[0].format.survey == "none"


def test_every_option_of_a_format_has_its_sentence() -> None:
    schema = json.loads(DEALER_SCHEMA_FILE.read_text(encoding="utf-8"))
    options = schema["$defs"]["feed"]["properties"]["format"]["properties"]
    assert {"type", "member", "rows_at", "survey", "header_rows"} <= set(options)
    assert all(option.get("description") for option in options.values())
