"""JSON as services write it: a list, wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, RefusedFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.json_reader import open_json
from ingestion.readers.reading import MAX_ROW_CHARACTERS, ReadTable, Row

EXPECTED = frozenset(("id", "contact.phone"))


def read(
    tmp_path: Path, text: str, rows_at: str | None = None, encoding: str = "utf-8"
) -> tuple[ReadTable, list[dict[str, str | None]]]:
    file = tmp_path / "calls.json"
    file.write_text(text, encoding)
    table = open_json(file, FileFormat("json", rows_at=rows_at), EXPECTED)
    return table, [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]


def test_a_list_of_objects_is_a_table_of_all_their_keys(tmp_path: Path) -> None:
    _, rows = read(tmp_path, '[{"id": 1, "contact": {"phone": "8916"}}, {"id": 2, "tags": ["a", "b"]}]')
    assert rows == [
        {"id": "1", "contact.phone": "8916", "tags": None},
        {"id": "2", "contact.phone": None, "tags": '["a", "b"]'},
    ]


def test_the_list_is_found_within_objects_by_the_mapped_columns(tmp_path: Path) -> None:
    content = {
        "status": "ok",
        "errors": [{"code": 1}, {"code": 2}],
        "data": {"page": 1, "items": [{"id": 7}], "next": None},
    }
    table, rows = read(tmp_path, json.dumps(content))
    assert (rows, table.reading.facts["rows_at"]) == ([{"id": "7"}], "data.items")


def test_the_yaml_says_where_the_list_is(tmp_path: Path) -> None:
    text = '{"old": [{"id": 1}], "new": {"calls": [{"id": 2}]}}'
    assert read(tmp_path, text, "new.calls")[1] == [{"id": "2"}]
    with pytest.raises(UnreadableFile, match=r"`old`, `new\.calls`"):
        read(tmp_path, text, "calls")


@pytest.mark.parametrize("text", ['{"id": 1}', '{"id": 1}\n', '\ufeff{"id": 1}'])
def test_an_object_alone_is_one_row(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text)[1] == [{"id": "1"}]


def test_objects_one_after_another_are_rows(tmp_path: Path) -> None:
    assert read(tmp_path, '{"id": 1}\n{"id": 2} {"id": 3}')[1] == [{"id": "1"}, {"id": "2"}, {"id": "3"}]


def test_numbers_keep_the_writing_they_came_in(tmp_path: Path) -> None:
    _, (row,) = read(tmp_path, '[{"id": 12345678901234567890, "a": 1.50, "b": 1E3, "c": true, "d": NaN}]')
    assert row == {"id": "12345678901234567890", "a": "1.50", "b": "1000", "c": "true", "d": "NaN"}


def test_an_element_longer_than_a_chunk_is_read(tmp_path: Path) -> None:
    long = "я" * 200_000
    _, rows = read(tmp_path, json.dumps([{"id": long}, {"id": 2}], ensure_ascii=False))
    assert [row["id"] for row in rows] == [long, "2"]


def test_what_is_no_object_is_told_and_kept(tmp_path: Path) -> None:
    table, _ = read(tmp_path, '[{"id": 1}, "stray", {"id": 2}, null, ""]')
    rows = list(open_json(tmp_path / "calls.json", FileFormat("json"), EXPECTED).rows)
    assert [(row.number, row.cells, row.shape_fault) for row in rows] == [
        (1, ["1"], None),
        (2, ["stray"], "no JSON object"),
        (3, ["2"], None),
        (4, ["null"], "no JSON object"),
        (5, ['""'], "no JSON object"),
    ]
    assert table.header == ("id",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encodings_that_json_knows_are_found(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, '[{"id": "Пётр"}]', encoding=encoding)[1] == [{"id": "Пётр"}]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"items": {}}', UnreadableFile),
        ('{"items": []}', UnreadableFile),
        ('{"error": "token expired"}', UnreadableFile),
        ('[{"id": 1}, {"id": 2', TruncatedFile),
        ('[{"id": 1},', TruncatedFile),
        ('{"data": [{"id": 1}]', TruncatedFile),
        ('[{"id": "1', TruncatedFile),
        ('[{"id": 1},,]', UnreadableFile),
        ("[1, 2]", EmptyFile),
        ("hello", UnreadableFile),
        ("[" * 100_000, UnreadableFile),
        ('[{"a":' * 20_000, UnreadableFile),
    ],
)
def test_what_is_no_list_of_objects_is_refused(tmp_path: Path, text: str, error: type[RefusedFile]) -> None:
    with pytest.raises(error):
        read(tmp_path, text)


def test_an_element_that_never_ends_is_left(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        read(tmp_path, '[{"id": "' + "x" * (MAX_ROW_CHARACTERS + 100_000))


def test_a_long_list_in_an_object_alone_is_kept_whole_or_refused(tmp_path: Path) -> None:
    phones = [str(n) for n in range(2000)]
    _, (row,) = read(tmp_path, json.dumps({"id": 1, "phones": phones}))
    assert json.loads(str(row["phones"])) == phones
    endless = {"id": 1, "phones": ["8" * 1_000_000] * (MAX_ROW_CHARACTERS // 1_000_000 + 1)}
    with pytest.raises(TooLarge):
        read(tmp_path, json.dumps(endless))
    _, rows = read(tmp_path, json.dumps({"more": endless, "calls": [{"id": 7}]}))  # a list that is nobody's cell
    assert rows == [{"id": "7"}]


def test_more_keys_than_any_table_has_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        read(tmp_path, json.dumps([{f"k{n}": 1 for n in range(2000)}]))


def test_what_no_database_holds_is_left_out(tmp_path: Path) -> None:
    table, (row,) = read(tmp_path, r'[{"id": "\ud800x\u0000", "a\u0000\udfff": ["\ud800"]}]')
    assert row == {"id": "?x", "a?": '["?"]'}
    "".join(table.header).encode()


@pytest.mark.parametrize(("text", "rows_at"), [("[]", None), (" [ ] ", None), ('{"ok": true, "calls": []}', "calls")])
def test_an_empty_list_is_a_table_without_rows(tmp_path: Path, text: str, rows_at: str | None) -> None:
    table, rows = read(tmp_path, text, rows_at)
    assert (set(table.header), rows) == (EXPECTED, [])


def test_an_empty_list_of_which_nobody_expects_anything_is_an_empty_file(tmp_path: Path) -> None:
    file = tmp_path / "calls.json"
    file.write_text("[]", "utf-8")
    with pytest.raises(EmptyFile):
        open_json(file, FileFormat("json"), frozenset())


@pytest.mark.parametrize(
    ("content", "names_at", "first"),
    [
        ([["id", "contact.phone"], ["1", "8916"], [2, None]], "the first row", 2),
        ({"columns": ["id", "contact.phone"], "index": [0, 1], "data": [["1", "8916"], [2, None]]}, "`columns`", 1),
        (
            {"schema": {"fields": [{"name": "id"}, {"name": "contact.phone"}]}, "rows": [["1", "8916"], [2, None]]},
            "`schema.fields`",
            1,
        ),
    ],
)
def test_lists_of_values_are_rows_under_the_names_that_stand_with_them(
    tmp_path: Path, content: object, names_at: str, first: int
) -> None:
    table, rows = read(tmp_path, json.dumps(content))
    assert rows == [{"id": "1", "contact.phone": "8916"}, {"id": "2", "contact.phone": None}]
    assert (table.reading.facts["names_at"], next(open_json_rows(tmp_path)).number) == (names_at, first)


def open_json_rows(tmp_path: Path) -> Iterator[Row]:
    return open_json(tmp_path / "calls.json", FileFormat("json"), EXPECTED).rows


def test_a_list_of_values_of_another_length_is_told(tmp_path: Path) -> None:
    read(tmp_path, '[["id", "contact.phone"], [1], [2, 3], 4]')
    told = [(row.number, row.cells, row.shape_fault) for row in open_json_rows(tmp_path)]
    assert told == [
        (2, ["1", None], "1 cell(s) instead of 2"),
        (3, ["2", "3"], None),
        (4, ["4", None], "1 cell(s) instead of 2"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "phones": ["8916", "8917"], "emails": ["a@b.c", "d@e.f"]}',
        '{"phones": ["8916", "8917"], "emails": ["a@b.c", "d@e.f"]} {"phones": ["8918"], "emails": []}',
    ],
)
def test_what_a_row_says_several_times_is_no_column(tmp_path: Path, text: str) -> None:
    file = tmp_path / "leads.json"
    file.write_text(text)
    table = open_json(file, FileFormat("json"), frozenset(("id", "phones", "emails")))
    phones = [row.cells[table.header.index("phones")] for row in table.rows]
    assert phones == ['["8916", "8917"]', '["8918"]'][: len(phones)]


def test_an_object_larger_than_any_row_among_others_is_not_left_out(tmp_path: Path) -> None:
    large = json.dumps({"id": 1, "seen": [["x" * 100_000] for _ in range(MAX_ROW_CHARACTERS // 90_000)]})
    for text in (f'{large} {{"id": 2}}', f'{{"id": 2}} {large}'):
        with pytest.raises(TooLarge):
            read(tmp_path, text)


def test_lists_of_values_larger_than_any_row_are_read_beside_their_names(tmp_path: Path) -> None:
    value = "x" * 100_000
    values = [[n, value] for n in range(MAX_ROW_CHARACTERS // 90_000)]
    _, rows = read(tmp_path, json.dumps({"columns": ["id", "contact.phone"], "data": values}))
    assert len(rows) == len(values)


def test_lists_within_a_row_of_names_are_its_cells(tmp_path: Path) -> None:
    assert read(tmp_path, '{"id": 1, "contact.phone": "8916", "seen": [["a", "b"], [1, 2]]}')[1] == [
        {"id": "1", "contact.phone": "8916", "seen": '[["a", "b"], [1, 2]]'}
    ]
