"""What a file is, told by its first bytes: a name and its ending say what somebody meant it to be."""

from __future__ import annotations

import codecs
import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile, ZipFile

from ingestion.dealer_entries import FormatType
from ingestion.errors import UnreadableFile

HEAD_BYTES = 4096
PAGE_BYTES = 1024 * 1024
"""Of a page, in which its first table begins; what Excel writes has its styles before it."""
GZIP_MARK = b"\x1f\x8b"
ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")

_SPREADSHEET_OF_2003 = re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet", re.IGNORECASE)
_WORKBOOK = re.compile(rb"<(?:\w+:)?Workbook\b|mso-application[^>]*Excel\.Sheet")
_PAGE = re.compile(
    rb"(?>(?:<!--.*?-->|\s)*)<(?:!doctype html|html|head|meta|title|style|table|body|div|center|font|h[1-6])\b",
    re.IGNORECASE | re.DOTALL,
)
"""What a page begins with; programmes that write one for Excel often leave out all but the table."""
_PAGE_OF_XML = re.compile(
    rb"<\?xml[^>]*>(?>(?:<\?[^>]*>|<!--.*?-->|\s)*)<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL
)
"""Where a file says that it is XML, its rows may be called whatever a page's parts are."""
_MAIL_HEADER = re.compile(rb"(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.IGNORECASE)
_MAIL_NAMES = re.compile(
    rb"^(?:From|To|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Content-Type|Delivered-To):",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class ContentKind:
    """What a file is, as a person says it, and the formats that read it."""

    told: str
    types: tuple[FormatType, ...]
    workbook: Literal["html", "xml", "web archive"] | None = None  # text that Excel opens as a workbook
    do: str = "Open it and look what it is: perhaps a page that says why there is no file. Ask the dealer to resend."


_EXCEL = ContentKind("an Excel workbook (.xlsx)", ("excel",))
_OLD_EXCEL = ContentKind("an Excel workbook (.xls)", ("excel",))
_PARQUET = ContentKind("a Parquet file", ("parquet",))
_HTML_TABLE = ContentKind("an HTML page with a table, as programmes export it for Excel", ("excel",), "html")
_XML_WORKBOOK = ContentKind("an XML spreadsheet of Excel 2003", ("excel",), "xml")
_JSON = ContentKind("JSON", ("json", "jsonl"))
_XML = ContentKind("XML", ("xml", "adf"))
_ADF = ContentKind("ADF", ("adf", "eml", "xml"))
_MAIL = ContentKind("an e-mail message", ("eml", "adf"))
_WEB_ARCHIVE_PARTS = re.compile(
    rb"^(?:X-Document-Type: *Workbook|Content-Location: *file:|Content-Type: *multipart/related)",
    re.IGNORECASE | re.MULTILINE,
)
_UNPACK = "Ask the dealer to send it unpacked, or packed as .zip or .gz."
_SAVE_AS = "Ask the dealer to open it, save it as .xlsx or CSV, and resend."
_NO_TABLE = "Ask the dealer for the table itself, as .xlsx or CSV."
_OUTLOOK = ContentKind(
    "a message of Outlook (.msg)", (), do="Ask the sender to save it as .eml, or to send on the attachment itself."
)
_WORD = ContentKind("a Word document", (), do=_NO_TABLE)
_WEB_ARCHIVE = ContentKind(
    "a web archive (.mht), as Excel and report servers write", ("excel", "eml", "adf"), "web archive"
)
_PACKED = ContentKind("an archive of files", (), do=_UNPACK)

# First bytes, in the order in which they are tried.
_MARKS: tuple[tuple[bytes, ContentKind], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_EXCEL),
    (b"PAR1", _PARQUET),
    (b"%PDF", ContentKind("a PDF document", (), do=_NO_TABLE)),
    (b"{\\rtf", ContentKind("an RTF document", (), do=_NO_TABLE)),
    (b"\x89PNG", ContentKind("a picture", (), do=_NO_TABLE)),
    (b"\xff\xd8\xff", ContentKind("a picture", (), do=_NO_TABLE)),
    (b"GIF8", ContentKind("a picture", (), do=_NO_TABLE)),
    (b"SQLite format 3\x00", ContentKind("an SQLite database", ())),
    (b"Rar!", ContentKind("a RAR archive", (), do=_UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", ContentKind("a 7-Zip archive", (), do=_UNPACK)),
    (b"\x28\xb5\x2f\xfd", ContentKind("a file packed by zstd", (), do=_UNPACK)),
    (b"BZh", ContentKind("a file packed by bzip2", (), do=_UNPACK)),
    (b"\xfd7zXZ\x00", ContentKind("a file packed by xz", (), do=_UNPACK)),
)


def content_kind(file: Path) -> ContentKind | None:
    """What the first bytes show; None for plain text such as CSV, and for whatever is not known."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    for mark, kind in _MARKS:
        if head.startswith(mark):
            return _kind_of_compound(file) if kind is _OLD_EXCEL else kind
    if head.startswith(ZIP_MARKS):
        return _kind_of_zip(file)
    if head[257:262] == b"ustar":
        return ContentKind("a tar archive", (), do=_UNPACK)
    return _kind_of_text(file, head)


def refuse_other_kind(file: Path, wanted: FormatType) -> None:
    """Nothing, when the file may be of the wanted format.

    Raises:
        UnreadableFile: its first bytes are those of something else.
    """
    kind = content_kind(file)
    if kind is None or wanted in kind.types or (wanted == "csv" and kind is _MAIL):
        return
    if kind.types:
        do = f"Set `format: {{type: {kind.types[0]}}}` in the YAML if it comes so from now on; else ask for a resend."
    else:
        do = kind.do
    raise UnreadableFile(file.name, found=kind.told, expected=_told_wanted(wanted), do=do)


def _told_wanted(wanted: FormatType) -> str:
    told: dict[FormatType, str] = {"csv": "a text file of rows (csv)", "excel": "an Excel workbook (excel)"}
    return f"{told.get(wanted, wanted)}, as the YAML says or the path ends"


def _kind_of_compound(file: Path) -> ContentKind:
    """What a file of Microsoft's old container is: its parts have names, two bytes a letter."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if any(content.find(name.encode("utf-16-le")) >= 0 for name in ("Workbook\0", "Book\0", "EncryptedPackage\0")):
            return _OLD_EXCEL
        if content.find("__substg1.0_".encode("utf-16-le")) >= 0:
            return _OUTLOOK
        return _WORD if content.find("WordDocument\0".encode("utf-16-le")) >= 0 else _OLD_EXCEL


def _kind_of_zip(file: Path) -> ContentKind:
    try:
        with ZipFile(file) as archive:
            names = archive.namelist()
    except (BadZipFile, NotImplementedError, ValueError, OSError):
        return ContentKind("an archive or a workbook that is not whole", ("excel",))
    if any(name.startswith("xl/") for name in names):
        return ContentKind("an Excel workbook (.xlsb)", (), do=_SAVE_AS) if "xl/workbook.bin" in names else _EXCEL
    if "content.xml" in names and "mimetype" in names:
        return ContentKind("an OpenDocument file (.ods)", (), do=_SAVE_AS)
    if any(name.startswith("word/") for name in names):
        return _WORD
    return _PACKED


def _kind_of_text(file: Path, head: bytes) -> ContentKind | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", "ignore").encode()
    text = head.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n\0")
    if _SPREADSHEET_OF_2003.search(text) and _WORKBOOK.search(text):
        return _XML_WORKBOOK
    if re.search(rb"<\??adf\b", text, re.IGNORECASE) and text.startswith(b"<"):
        return _ADF
    if _PAGE.match(text) or _PAGE_OF_XML.match(text):
        return _HTML_TABLE if _has_table(file) else ContentKind("an HTML page without a table", ())
    if text.startswith(b"<"):
        return _XML
    if re.match(rb"\{\s*(\"|\})|\[\s*[\[{\]\"]", text):
        return _JSON
    if _MAIL_HEADER.match(text) and _MAIL_NAMES.search(text):
        return _WEB_ARCHIVE if _WEB_ARCHIVE_PARTS.search(text) else _MAIL
    return None


def _has_table(file: Path) -> bool:
    with file.open("rb") as stream:
        return b"<table" in stream.read(PAGE_BYTES).replace(b"\0", b"").lower()
