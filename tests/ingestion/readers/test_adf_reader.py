"""ADF leads as web sites write them; adf/ holds the variants met, all of invented people."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TooLarge, UnreadableFile
from ingestion.readers.adf_reader import MAX_BYTES, open_adf
from ingestion.readers.reading import ReadTable

VARIANTS = Path(__file__).parent / "adf"


def read(file: Path) -> tuple[ReadTable, list[dict[str, str | None]]]:
    table = open_adf(file, FileFormat("adf"), frozenset())
    return table, [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]


def read_text(tmp_path: Path, text: str) -> list[dict[str, str | None]]:
    file = tmp_path / "lead.xml"
    file.write_text(text, encoding="utf-8")
    return read(file)[1]


def prospect(inside: str = "", *, phone: str = "89161234567") -> str:
    return (
        f"<prospect>{inside}<requestdate>2024-03-05T10:15:00+03:00</requestdate>"
        f"<customer><contact><name>Иван</name><phone>{phone}</phone></contact></customer></prospect>"
    )


def test_two_prospects_are_two_rows() -> None:
    _, (first, second) = read(VARIANTS / "01_ok_two_prospects.xml")
    assert (first["source_id"], second["source_id"]) == ("site/L-1", "site/L-2")
    assert (first["last_name"], first["first_name"], first["middle_name"]) == ("Иванов", "Иван", "Петрович")
    assert (first["phone"], first["email"]) == ("+7 916 123-45-67", "Ivan.Ivanov@Example.RU")
    assert (first["dealer_code"], second["dealer_code"]) == ("Север-Авто", "Юг-Моторс")
    assert (second["full_name"], second["lead_type"], second["status"]) == ("Анна Петрова", "test-drive", "resend")


@pytest.mark.parametrize(
    ("name", "created_at", "full_name", "phone", "repairs"),
    [
        (
            "03_upper_case_pi.xml",
            "2008-06-25T08:47:50",
            "Иван Иванов",
            "89161234567",
            {"moment that is not quite ISO 8601"},
        ),
        ("04_unquoted_attribute.xml", "2024-03-05", "Иван Иванов", "89161234567", {"attribute without quotes"}),
        ("06_cp1251_declared.xml", "05.03.2024 10:15", "Семёнов Пётр", "+7(916)1112233", set()),
        ("12_empty_vehicle.xml", "2024-03-05T10:15:00+03:00", "Иван Иванов", "89161234567", set()),
    ],
)
def test_a_variant_is_read_and_its_repairs_are_recorded(
    name: str, created_at: str, full_name: str, phone: str, repairs: set[str]
) -> None:
    table, (row,) = read(VARIANTS / name)
    assert (row["created_at"], row["full_name"], row["phone"]) == (created_at, full_name, phone)
    assert set(table.reading.repairs) - {"id made of the content"} == repairs


def test_an_id_is_told_with_its_source_so_that_two_sites_do_not_meet() -> None:
    _, (row,) = read(VARIANTS / "04_unquoted_attribute.xml")
    assert row["source_id"] == "Impel/77"


def test_a_missing_id_is_made_of_the_content(tmp_path: Path) -> None:
    first, again, other = read_text(tmp_path, f"<adf>{prospect()}{prospect('  ')}{prospect(phone='89160000000')}</adf>")
    assert first["source_id"] == again["source_id"] != other["source_id"]


def test_a_lead_without_a_vehicle_is_a_lead() -> None:
    _, (row,) = read(VARIANTS / "12_empty_vehicle.xml")
    assert (row["make"], row["model"], row["lead_type"]) == (None, None, None)


def test_of_several_vehicles_the_wanted_one_counts_and_all_are_kept(tmp_path: Path) -> None:
    vehicles = (
        '<vehicle interest="trade-in"><make>Kia</make></vehicle><vehicle interest="buy"><make>LADA</make></vehicle>'
    )
    (row,) = read_text(tmp_path, f"<adf>{prospect(vehicles)}</adf>")
    assert (row["make"], row["lead_type"]) == ("LADA", "buy")
    assert row["vehicles"] is not None
    assert "Kia" in row["vehicles"]


def test_unknown_elements_are_kept(tmp_path: Path) -> None:
    (row,) = read_text(tmp_path, f"<adf>{prospect('<score>7</score>')}</adf>")
    assert row["unknown elements"] == '{"score": "7"}'


def test_an_instruction_before_the_declaration_is_repaired(tmp_path: Path) -> None:
    (row,) = read_text(tmp_path, f'<?adf version="1.0"?><?xml version="1.0"?><adf>{prospect()}</adf>')
    assert row["full_name"] == "Иван"


def test_a_bare_ampersand_is_repaired(tmp_path: Path) -> None:
    (row,) = read_text(tmp_path, f"<adf>{prospect('<comments>A & B</comments>')}</adf>")
    assert row["comments"] == "A & B"


def test_entities_of_its_own_are_never_resolved(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE adf [<!ENTITY a "aaaa">]><adf><prospect><comments>&a;</comments></prospect></adf>'
    try:
        rows = read_text(tmp_path, bomb)
    except UnreadableFile:
        return
    assert "aaaa" not in str(rows)


@pytest.mark.parametrize(("text", "error"), [("<adf></adf>", EmptyFile), ("not xml", UnreadableFile)])
def test_what_holds_no_lead_is_refused(tmp_path: Path, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_text(tmp_path, text)


def test_a_file_too_big_to_be_leads_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "big.xml"
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(TooLarge, match="bytes"):
        open_adf(file, FileFormat("adf"), frozenset())
