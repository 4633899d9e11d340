"""ADF in e-mail messages, as portals send it and as people forward it."""

from __future__ import annotations

import base64
import html
import quopri
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import TruncatedFile, UnreadableFile
from ingestion.readers.adf_reader import open_adf
from ingestion.readers.reading import ReadTable

LEAD = (
    "<prospect><id>{0}</id><requestdate>2024-03-05T10:15:00+03:00</requestdate>"
    "<customer><contact><name>Пётр &amp; К</name><phone>89161234567</phone></contact></customer></prospect>"
)
ADF = f'<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n<adf>{LEAD.format(1)}</adf>'


def read(tmp_path: Path, message: bytes) -> tuple[ReadTable, list[dict[str, str | None]]]:
    file = tmp_path / "lead.eml"
    file.write_bytes(message)
    table = open_adf(file, FileFormat("eml"), frozenset())
    return table, [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]


def ids(tmp_path: Path, message: EmailMessage | bytes) -> list[str | None]:
    content = message if isinstance(message, bytes) else bytes(message)
    _, rows = read(tmp_path, content)
    assert {row["full_name"] for row in rows} == {"Пётр & К"}
    return [row["source_id"] for row in rows]


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "site@example.ru"
    message["Subject"] = "Заявка с сайта"
    message["Date"] = "Tue, 05 Mar 2024 11:00:00 +0300"
    return message


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_the_body_is_decoded(tmp_path: Path, encoding: str) -> None:
    message = letter()
    message.set_content(ADF, cte=encoding)
    assert ids(tmp_path, message) == ["1"]


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8"])
def test_the_letters_are_those_that_the_part_names(tmp_path: Path, charset: str) -> None:
    head = f"From: a@example.ru\nSubject: lead\nContent-Type: text/plain; charset={charset}\n"
    body = quopri.encodestring(ADF.encode(charset))
    assert ids(tmp_path, f"{head}Content-Transfer-Encoding: quoted-printable\n\n".encode() + body) == ["1"]


@pytest.mark.parametrize("charset", ["koi8-r", "windows-1251"])
def test_the_letters_of_a_page_are_those_that_its_head_names_where_the_part_names_none(
    tmp_path: Path, charset: str
) -> None:
    page = f"<html><head><meta charset={charset}></head><body><pre>{html.escape(ADF)}</pre></body></html>"
    head = b"From: a@example.ru\nSubject: lead\nContent-Type: text/html\nContent-Transfer-Encoding: 8bit\n\n"
    assert ids(tmp_path, head + page.encode(charset)) == ["1"]


@pytest.mark.parametrize("charset", ["koi8-r", "utf-16"])
def test_letters_of_which_nothing_says_what_they_are_are_known_by_themselves(tmp_path: Path, charset: str) -> None:
    message = letter()
    message.set_content("see attached")
    message.add_attachment(ADF.encode(charset), maintype="application", subtype="octet-stream", filename="lead.xml")
    assert ids(tmp_path, message) == ["1"]


def test_attachments_count_and_the_body_beside_them_does_not(tmp_path: Path) -> None:
    message = letter()
    message.set_content(f"New lead: {ADF}")
    for number in (2, 3):
        text = ADF.replace("<id>1<", f"<id>{number}<").encode()
        message.add_attachment(text, maintype="application", subtype="x-adf+xml", filename=f"lead{number}.xml")
    assert ids(tmp_path, message) == ["2", "3"]


def test_of_two_ways_to_say_the_same_one_is_read(tmp_path: Path) -> None:
    message = letter()
    message.set_content(ADF)
    message.add_alternative(f"<html><body><pre>{html.escape(ADF)}</pre></body></html>", subtype="html")
    assert ids(tmp_path, message) == ["1"]


@pytest.mark.parametrize("times", [1, 2])
def test_adf_shown_on_a_page_is_unescaped(tmp_path: Path, times: int) -> None:
    shown = ADF
    for _ in range(times):
        shown = html.escape(shown)
    message = letter()
    page = shown.replace("&gt;", "&gt;<br/>\n") if times == 1 else shown
    message.set_content(f"<html><body><div><b>New lead</b><p>{page}</p></div></body></html>", subtype="html")
    assert ids(tmp_path, message) == ["1"]


def test_a_forwarded_message_is_read_behind_its_marks(tmp_path: Path) -> None:
    message = letter()
    message.set_content("FYI\n\n" + "\n".join(f"> {line}" for line in ADF.replace("><", ">\n<").splitlines()))
    assert ids(tmp_path, message) == ["1"]


def test_a_message_within_a_message_is_read(tmp_path: Path) -> None:
    inner = letter()
    inner.set_content(ADF)
    outer = letter()
    outer.set_content("see attached")
    outer.add_attachment(inner)
    assert ids(tmp_path, outer) == ["1"]


def test_a_lead_without_a_date_has_that_of_its_message(tmp_path: Path) -> None:
    message = letter()
    message.set_content(ADF.replace("<requestdate>2024-03-05T10:15:00+03:00</requestdate>", ""))
    table, (row,) = read(tmp_path, bytes(message))
    assert row["created_at"] == "2024-03-05T11:00:00+03:00"
    assert table.reading.repairs["no requestdate: the date of the e-mail"] == 1


def test_several_leads_in_one_message_are_several_rows(tmp_path: Path) -> None:
    message = letter()
    message.set_content(f"{ADF}\n\n{ADF.replace('<id>1<', '<id>2<')}")
    assert ids(tmp_path, message) == ["1", "2"]


def test_where_it_was_found_is_told(tmp_path: Path) -> None:
    message = letter()
    message.set_content(ADF)
    assert read(tmp_path, bytes(message))[0].reading.facts["e-mail"] == "ADF in text/plain"


@pytest.mark.parametrize(
    "message",
    [
        b"From: a@example.ru\nSubject: hello\n\nNo lead here.",
        b"From: a@example.ru\nSubject: hello\nContent-Type: multipart/mixed; boundary=b\n\n--b",
        b"From: a@example.ru\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(b"nothing"),
        b"From: a@example.ru\nMIME-Version: 1.0\n"
        + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000)),
    ],
)
def test_a_message_without_a_lead_is_refused(tmp_path: Path, message: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read(tmp_path, message)


def test_a_message_with_something_else_in_it_is_told_by_what_is_attached(tmp_path: Path) -> None:
    message = letter()
    message.add_attachment(b"id;name", maintype="text", subtype="csv", filename="leads.csv")
    with pytest.raises(UnreadableFile, match=r"in an e-mail message \(attached: .csv\)"):
        read(tmp_path, bytes(message))


def test_a_message_that_breaks_off_within_an_attachment_is_refused_as_cut(tmp_path: Path) -> None:
    message = letter()
    message.add_attachment(ADF.encode(), maintype="application", subtype="xml", filename="lead.xml")
    content = bytes(message)
    with pytest.raises(TruncatedFile, match="a message that breaks off"):
        read(tmp_path, content[: content.rindex(b"Content-Disposition") + 100])
