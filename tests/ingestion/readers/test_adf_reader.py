"""ADF leads as web sites write them; adf/ holds the variants met, all of invented people."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.adf_reader import COMMENTED_OUT, MAX_BYTES, open_adf
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


def test_every_variant_is_read_as_expected() -> None:
    with (VARIANTS / "EXPECTED.csv").open(encoding="utf-8", newline="") as stream:
        expected = list(csv.DictReader(stream, delimiter=";"))
    assert expected
    for variant in expected:
        _, rows = read(VARIANTS / variant["file"])
        assert len(rows) == int(variant["prospects"])
        moments = [row["created_at"] or "" for row in rows]
        if variant["requestdate_utc"].endswith("Z"):
            utc = [datetime.fromisoformat(moment).astimezone(UTC) for moment in moments]
            assert [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in utc] == variant["requestdate_utc"].split("|")
        else:
            assert all(moment and "+" not in moment for moment in moments)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2000-03-30T15:30:20-08:00", "2000-03-30T15:30:20-08:00"),
        ("2000-03-30T15:30:20-08:0", "2000-03-30T15:30:20-08:00"),
        ("2000-03-30T15:30:20-8", "2000-03-30T15:30:20-08:00"),
        ("2000-03-30T15:30:20+0530", "2000-03-30T15:30:20+05:30"),
        ("2000-3-5 5:30", "2000-03-05T05:30:00"),
        ("2000/03/05 5:30:00 PM", "2000-03-05T17:30:00"),
        ("2000-03-05t12:30:00.123z", "2000-03-05T12:30:00Z"),
        ("2000-03-05 12:30:00 UTC", "2000-03-05T12:30:00Z"),
        ("Tue, 05 Mar 2024 10:15:00 +0300", "2024-03-05T10:15:00+03:00"),
        ("5 Mar 2024 10:15:00 GMT", "2024-03-05T10:15:00+00:00"),
        ("2000-03-30", "2000-03-30"),
        ("05.03.2024 10:15", "05.03.2024 10:15"),
        ("soon", "soon"),
    ],
)
def test_moments_are_read_in_the_ways_they_are_met(tmp_path: Path, written: str, read_as: str) -> None:
    (row,) = read_text(tmp_path, f"<adf><prospect><requestdate>{written}</requestdate></prospect></adf>")
    assert row["created_at"] == read_as


@pytest.mark.parametrize(
    ("spoilt", "name"),
    [
        ("<name>Иван &nbsp;&laquo;Ё&raquo;</name>", "Иван «Ё»"),
        ("<name>Иван & Co & &amp; Ё</name>", "Иван & Co & & Ё"),
        ("<name>Иван<br>Ё</name>", "Иван Ё"),
        ("<name>Иван \x01Ё&#0;</name>", "Иван Ё"),
        ("<name>Иван < Ё</name>", "Иван < Ё"),
        ("<name><![CDATA[Иван & <Ё>]]></name>", "Иван & <Ё>"),
        ('<name part=full type="individual">Иван Ё</name>', "Иван Ё"),
        ("<adf:name>Иван Ё</adf:name>", "Иван Ё"),
        ("<NAME PART='full'>Иван Ё</NAME>", "Иван Ё"),
    ],
)
def test_what_is_nearly_xml_is_read(tmp_path: Path, spoilt: str, name: str) -> None:
    customer = f"<customer><contact>{spoilt}</contact></customer>"
    (row,) = read_text(tmp_path, f"<adf><prospect>{customer}</prospect></adf>")
    assert row["full_name"] == name


def test_one_prospect_that_cannot_be_read_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "lead.xml"
    broken = "<prospect><id>2</id><customer></contact></customer></prospect>"
    file.write_text(f"<adf>{prospect('<id>1</id>')}{broken}{prospect('<id>3</id>')}</adf>", encoding="utf-8")
    rows = list(open_adf(file, FileFormat("adf"), frozenset()).rows)
    assert [(row.number, row.cells[0], row.shape_fault) for row in rows] == [
        (1, "1", None),
        (2, None, "no readable <prospect>"),
        (3, "3", None),
    ]


def test_documents_one_after_another_are_all_read(tmp_path: Path) -> None:
    document = f'<?xml version="1.0"?><?adf version="1.0"?><adf>{prospect("<id>1</id>")}</adf>'
    rows = read_text(tmp_path, f"{document}\n{document.replace('<id>1<', '<id>2<')}")
    assert [row["source_id"] for row in rows] == ["1", "2"]


def test_a_prospect_without_a_root_is_read(tmp_path: Path) -> None:
    assert len(read_text(tmp_path, prospect())) == 1


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TruncatedFile, match="prospect 2"):
        read_text(tmp_path, f"<adf>{prospect('<id>1</id>')}<prospect><id>2</id><customer>")


@pytest.mark.parametrize(
    ("declared", "written"),
    [("windows-1251", "utf-8"), ("utf-8", "cp1251"), ("utf-16", "utf-16"), ("nonsense", "utf-8")],
)
def test_an_encoding_that_is_not_what_is_declared_is_found(tmp_path: Path, declared: str, written: str) -> None:
    file = tmp_path / "lead.xml"
    file.write_bytes(f'<?xml version="1.0" encoding="{declared}"?><adf>{prospect()}</adf>'.encode(written))
    assert read(file)[1][0]["full_name"] == "Иван"


def test_kinds_of_phones_and_contacts_are_told_apart(tmp_path: Path) -> None:
    contact = (
        '<contact primarycontact="1"><name part="surname">Иванов</name><name type="business">ООО «Ромашка»</name>'
        '<phone type="fax">1</phone><phone type="home">2</phone><phone type="mobile" preferredcontact="1">3</phone>'
        "<phone>4</phone><phone>5</phone><phone>6</phone><email>a@example.ru</email><email>b@example.ru</email>"
        "<address><street line=1>Лесная, 1</street><region>Москва</region></address></contact>"
    )
    (row,) = read_text(tmp_path, f"<adf><prospect><customer>{contact}</customer></prospect></adf>")
    assert (row["last_name"], row["company_name"]) == ("Иванов", "ООО «Ромашка»")
    assert (row["phone"], row["phone_2"], row["phone_3"], row["phones"]) == ("3", "2", "4", '["5", "6"]')
    assert (row["email"], row["emails"]) == ("a@example.ru", '["b@example.ru"]')
    assert (row["address"], row["region"]) == ("Лесная, 1", "Москва")


def test_a_name_in_parts_that_is_split_among_elements_is_put_together(tmp_path: Path) -> None:
    name = '<name part="full"><first>Иван</first> <last>Иванов</last></name>'
    customer = f"<customer><contact>{name}</contact></customer>"
    (row,) = read_text(tmp_path, f"<adf><prospect>{customer}</prospect></adf>")
    assert row["full_name"] == "Иван Иванов"


def test_long_comments_are_cut_and_told(tmp_path: Path) -> None:
    file = tmp_path / "lead.xml"
    file.write_text(f"<adf>{prospect('<comments>' + 'я' * 30_000 + '</comments>')}</adf>", encoding="utf-8")
    table, (row,) = read(file)
    assert len(row["comments"] or "") == 20_000
    assert table.reading.repairs["cells cut to 20,000 characters"] == 1


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE adf " * 100_000 + "<adf><prospect/></adf>",
        "<?xml " * 100_000 + "<adf><prospect/></adf>",
        "<adf><prospect><id " + "a=1 " * 50_000 + ">1</id></prospect></adf>",
        "<adf><prospect>" + "<a>" * 50_000 + "</prospect></adf>",
        "<adf>" + "<prospect>" * 5_000 + "</prospect></adf>",
        "&lt;" * 200_000 + "<prospect></prospect>",
    ],
    ids=["doctypes", "declarations", "attributes", "depth", "prospects", "escapes"],
)
def test_what_is_made_to_take_for_ever_does_not(tmp_path: Path, content: str) -> None:
    try:
        rows = read_text(tmp_path, content)
    except (UnreadableFile, TruncatedFile):
        return
    assert rows


@pytest.mark.parametrize("declared", ["punycode", "unicode_escape", "zip", "idna"])
def test_a_codec_that_is_none_of_letters_is_not_tried(tmp_path: Path, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><adf>{prospect("<id>" + chr(92) + "ud800</id>")}</adf>'
    assert read_text(tmp_path, text)[0]["source_id"] == chr(92) + "ud800"


def test_a_lead_that_is_commented_out_is_none_and_one_that_somebody_writes_of_begins_none(tmp_path: Path) -> None:
    spoken_of = "<comments><![CDATA[в поле <prospect> ничего & пусто]]></comments>"
    (lead,) = read_text(tmp_path, f"<adf><!-- {prospect()} -->{prospect(spoken_of)}</adf>")
    assert lead["comments"] == "в поле <prospect> ничего & пусто"


@pytest.mark.parametrize("behind", ["<pros", "<!-- ", "\n  <"])
def test_a_file_that_breaks_off_within_a_tag_between_two_leads_is_refused(tmp_path: Path, behind: str) -> None:
    with pytest.raises(TruncatedFile, match="breaks off"):
        read_text(tmp_path, f"<adf>{prospect()}{behind}")


def leads(*numbers: int) -> str:
    return "".join(prospect(f"<id>{number}</id>") for number in numbers)


@pytest.mark.parametrize(
    ("text", "read_as", "commented_out"),
    [
        (f"<!-- open {leads(1, 2, 3, 4, 5)} <!-- x -->{leads(6)}", "123456", 0),
        (f"{leads(1)}<!-- open {leads(2)}", "12", 0),
        (f"<!-- open <!-- {leads(1, 2)} -->{leads(3)}", "3", 2),
        (f"<!-- {leads(1, 2)} -->{leads(3)}<!-- {leads(4)} -->", "3", 3),
    ],
)
def test_a_comment_that_is_never_closed_swallows_no_lead(
    tmp_path: Path, text: str, read_as: str, commented_out: int
) -> None:
    file = tmp_path / "lead.xml"
    file.write_text(f"<adf>{text}</adf>", encoding="utf-8")
    table, rows = read(file)
    assert "".join(row["source_id"] or "?" for row in rows) == read_as
    assert table.reading.repairs[COMMENTED_OUT] == commented_out


def test_a_comment_that_one_attachment_opens_swallows_nothing_of_the_next(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Date"] = "Tue, 05 Mar 2024 10:15:00 +0300"
    message.set_content("Leads attached")
    for name, text in (("a.xml", f"<adf>{leads(1)}</adf><!-- open "), ("b.xml", f"<adf>{leads(2)}</adf><!-- x -->")):
        message.add_attachment(text.encode(), maintype="application", subtype="xml", filename=name)
    file = tmp_path / "lead.eml"
    file.write_bytes(message.as_bytes())
    assert [row["source_id"] for row in read(file)[1]] == ["1", "2"]


@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0"?>\n', '<?ADF version="1.0"?>'])
def test_adf_that_is_held_in_cdata_as_a_whole_is_read(tmp_path: Path, declaration: str) -> None:
    held = f"{declaration}<adf><!-- {leads(1)} -->{leads(2)}</adf>"
    (lead,) = read_text(tmp_path, f"<soap:Envelope><soap:Body><![CDATA[{held}]]></soap:Body></soap:Envelope>")
    assert lead["source_id"] == "2"


@pytest.mark.parametrize("behind", ["\nRegards <3", "\n< 5 days", "\n<b>Bye</b> <3"])
def test_what_is_no_tag_behind_a_lead_is_no_sign_of_a_file_that_breaks_off(tmp_path: Path, behind: str) -> None:
    assert len(read_text(tmp_path, prospect() + behind)) == 1


def test_in_the_body_of_a_message_anything_may_follow_a_lead(tmp_path: Path) -> None:
    head = "From: site@example.com\nContent-Type: text/plain; charset=utf-8\n\n"
    assert len(read_text(tmp_path, f"{head}{prospect()}\nRegards <anna@example.com")) == 1
