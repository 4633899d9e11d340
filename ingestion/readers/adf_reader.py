"""ADF/XML 1.0 leads, as web sites and portals really write them: read leniently, with every repair recorded.

The published DTD is malformed and the specification's own example fails it, so nothing is validated against it. Each
prospect is read by itself: one that cannot be read is told and spoils no other.
"""

from __future__ import annotations

import codecs
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from hashlib import sha256
from html.entities import html5
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.mail_messages import ATTACHED, CUT_MESSAGE, adf_in
from ingestion.readers.reading import Reading, ReadTable, Row
from ingestion.readers.text_encoding import told_codec

MAX_BYTES = 64 * 1024 * 1024
MAX_PROSPECT = 1024 * 1024
MAX_CELL = 20_000
MAX_DEPTH = 60

# Our columns first: an ADF feed needs no `columns:` of its own. What ADF says beside them follows under its own name.
ADF_COLUMNS = (
    "source_id",
    "created_at",
    "dealer_code",
    "lead_type",
    "channel",
    "make",
    "model",
    "vin",
    "status",
    "comments",
    "full_name",
    "last_name",
    "first_name",
    "middle_name",
    "company_name",
    "phone",
    "phone_2",
    "phone_3",
    "email",
    "address",
    "city",
    "region",
    "postal_code",
    "country",
)
FURTHER_COLUMNS = (
    "vehicle.year",
    "vehicle.status",
    "vehicles",
    "vendor.id",
    "phones",
    "emails",
    "ids",
    "unknown elements",
)

COMMENTED_OUT = "prospects that are commented out, left out"

_PROLOG = 4096
"""Letters in which declarations are looked for."""
_DECLARATION = re.compile(rb"<\?xml[^>]{0,300}\?>", re.IGNORECASE)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']?([A-Za-z0-9_.-]+)""")
_INSTRUCTIONS = re.compile(r"<\?(xml|adf)\b", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_START = re.compile(r"<(?:[\w.-]{1,40}:)?prospect(?=[\s>/])", re.IGNORECASE)
_END = re.compile(r"</\s{0,5}(?:[\w.-]{1,40}:)?prospect\s{0,5}>", re.IGNORECASE)
_SECTION = re.compile(r"<!--|<!\[CDATA\[")
_ADF_IN_CDATA = re.compile(r"<!\[CDATA\[(?=\s{0,100}(?:<\?xml\b|<\?adf\b|<(?:[\w.-]{1,40}:)?adf\b))", re.IGNORECASE)
_CUT_TAG = re.compile(r"<(?:[A-Za-z/!?][^<>]*)?\Z")
_ROOT_END = re.compile(r"</\s{0,5}(?:[\w.-]{1,40}:)?adf\b", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?adf\b", re.IGNORECASE)
_ADF_IN = "ADF in "
_FOUND_ATTACHED = _ADF_IN + ATTACHED
_MAIL = re.compile(rb"(?:From |[A-Za-z][A-Za-z0-9-]{1,60}:)")

_PREFIX = re.compile(r"(</?)[A-Za-z][\w.-]{0,40}:(?=[A-Za-z])")
_DECLARED_PREFIX = re.compile(
    r"(\s)(?:xmlns|xml|xsi)(?::[\w.-]{1,40})?\s{0,3}=\s{0,3}(?:\"[^\"<>]{0,500}\"|'[^'<>]{0,500}')"
)
_UNQUOTED = re.compile(
    r"""(<[A-Za-z][^<>]{0,500}?\s[A-Za-z_:][\w:.-]{0,60})\s{0,3}=\s{0,3}([^\s"'<>/]{1,200})(?=[\s/>])"""
)
_BARE_AMPERSAND = re.compile(r"&(?!#\d{1,7};|#x[0-9A-Fa-f]{1,6};|amp;|lt;|gt;|quot;|apos;)")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0{0,5}(?:[0-8]|1[124-9]|2\d|3[01])|x0{0,4}(?:[0-8bcBCeEfF]|1[0-9a-fA-F]));"
)
_HTML_TAGS = re.compile(
    r"</?(?:br|p|b|i|u|div|span|font|strong|em|hr|a|img|li|ul|ol|table|tr|td)\b[^<>]{0,500}>", re.IGNORECASE
)
_BARE_LESS = re.compile(r"<(?![A-Za-z/!?])")
_CHILDREN = frozenset(("id", "requestdate", "vehicle", "customer", "vendor", "provider", "comments"))


def open_adf(
    file: Path, form: FileFormat, _expected_names: frozenset[str], reading: Reading | None = None
) -> ReadTable:
    """One row a prospect, from a file of ADF or an e-mail message with ADF in it; `_source_row` is its place.

    Raises:
        EmptyFile: no prospect in it.
        TooLarge: more bytes than any delivery of leads.
        TruncatedFile: the last prospect breaks off; told while the rows are read.
        UnreadableFile: no ADF.
    """
    if file.stat().st_size > MAX_BYTES:
        raise TooLarge(
            file.name,
            found=f"{file.stat().st_size:,} bytes",
            expected=f"at most {MAX_BYTES:,} bytes of ADF in one file",
            do="Have it sent in parts.",
        )
    reading = reading or Reading()
    texts, sent_at = _texts_of(file, form, reading)
    text = "\n".join(_unwrapped(each, reading) for each in texts)
    if not _START.search(text):
        raise _nothing_in(file, text, reading)
    header = (*ADF_COLUMNS, *FURTHER_COLUMNS)
    own = {name: name for name in header}
    return ReadTable(header, _rows(file, text, sent_at, header, reading), reading, own_columns=own)


def _unwrapped(text: str, reading: Reading) -> str:
    """The text as `_without_comments` gives it; ADF that is held in CDATA as a whole is taken out of it."""
    mended = Reading()
    stripped = _without_comments(text, mended)
    if not _START.search(stripped) and _ADF_IN_CDATA.search(text):
        mended = Reading(repairs=Counter({"ADF within CDATA, taken out of it": 1}))
        stripped = _without_comments(_ADF_IN_CDATA.sub("", text), mended)
    reading.repairs += mended.repairs
    return stripped


def _without_comments(text: str, reading: Reading) -> str:
    """The text without what is commented out, and with CDATA written as other text is: neither begins a lead.

    A section in which the same opens again was never closed: a comment then ends before what may be a lead.
    """
    parts = []
    at = 0
    while match := _SECTION.search(text, at):
        is_comment = match[0] == "<!--"
        ends = "-->" if is_comment else "]]>"
        opens_again = text.find(match[0], match.end())
        limit = len(text) if opens_again < 0 else opens_again
        end = text.find(ends, match.end(), limit)
        parts.append(text[at : match.start()])
        if end >= 0:
            held = text[match.end() : end]
            parts.append("" if is_comment else html.escape(held, quote=False))
            if is_comment:
                reading.repairs[COMMENTED_OUT] += len(_START.findall(held))
            at = end + len(ends)
            continue
        lead = _START.search(text, match.end(), limit)
        if is_comment and (lead or opens_again >= 0):
            reading.repairs["comments that are never closed, ended before what follows"] += 1
            at = lead.start() if lead else opens_again
        else:
            parts.append(match[0])
            at = match.end()
    return "".join([*parts, text[at:]])


def _nothing_in(file: Path, text: str, reading: Reading) -> EmptyFile | UnreadableFile | TruncatedFile:
    if _ROOT.search(text):
        return EmptyFile(
            file.name, found="<adf> without a prospect", expected="ADF prospects", do="Ask the sender to resend."
        )
    if reading.facts.get("e-mail") == CUT_MESSAGE:
        return TruncatedFile(
            file.name, found=CUT_MESSAGE, expected="a whole message", do="Have the message saved again."
        )
    held = f" in an e-mail message ({reading.facts['e-mail']})" if "e-mail" in reading.facts else ""
    return UnreadableFile(
        file.name,
        found=f"no <adf> and no <prospect>{held}",
        expected="ADF 1.0 (XML), in a file or in an e-mail message",
        do="Look what the file is, or ask the sender to resend.",
    )


def _rows(file: Path, text: str, sent_at: str | None, header: tuple[str, ...], reading: Reading) -> Iterator[Row]:
    is_letter = reading.facts.get("e-mail", _FOUND_ATTACHED) != _FOUND_ATTACHED
    for number, prospect in enumerate(_prospects(file, text, is_letter=is_letter), start=1):
        element = _parsed(prospect, reading) if len(prospect) <= MAX_PROSPECT else None
        if element is None:
            nothing: list[str | None] = [None] * len(header)
            nothing[header.index("comments")] = prospect[:MAX_CELL].replace("\0", "")
            yield Row(number, nothing, "no readable <prospect>")
            continue
        cells = _Prospect(element, reading, sent_at).cells()
        yield Row(number, [_bounded(cells.get(name), reading) for name in header])


def _prospects(file: Path, text: str, *, is_letter: bool) -> Iterator[str]:
    """Each `<prospect>` as it stands in the text; one that is never closed ends where the next begins.

    In a letter (`is_letter`: the body of a message) anything may follow the last one.
    """
    starts = [match.start() for match in _START.finditer(text)]
    for number, (start, following) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), start=1):
        end = _END.search(text, start, following)
        head = text[start : text.find(">", start, following) + 1]
        if end is None and not head.endswith("/>") and following == len(text):
            raise _cut(file, number, "a <prospect> that is never closed: the file breaks off")
        if end is not None and following == len(text) and not is_letter:
            behind = text[end.end() :].rstrip("\0 \r\n\t")
            if _CUT_TAG.search(behind) and not _ROOT_END.search(behind):
                raise _cut(file, number, "a tag behind the last <prospect> that is never closed: the file breaks off")
        yield text[start : end.end()] if end else (head if head.endswith("/>") else text[start:following])


def _cut(file: Path, number: int, found: str) -> TruncatedFile:
    return TruncatedFile(
        f"{file.name}, prospect {number}", found=found, expected="a whole file", do="Ask the sender to resend."
    )


def _bounded(cell: str | None, reading: Reading) -> str | None:
    if cell is not None and len(cell) > MAX_CELL:
        reading.repairs[f"cells cut to {MAX_CELL:,} characters"] += 1
        return cell[:MAX_CELL]
    return cell or None


# --- letters


def _texts_of(file: Path, form: FileFormat, reading: Reading) -> tuple[tuple[str, ...], str | None]:
    """The texts that hold the ADF, and the moment a message was sent, if it came in one."""
    content = file.read_bytes()
    if _MAIL.match(content.lstrip()[:100]) and not content.lstrip().startswith(b"<"):
        try:
            mailed = adf_in(content.lstrip())
        except RecursionError:
            mailed = None
        if mailed is not None and mailed.texts:
            reading.facts |= {"e-mail": _ADF_IN + mailed.found_in}
            return mailed.texts, mailed.sent_at
        if mailed is not None:
            reading.facts |= {"e-mail": mailed.found_in}
    text = _decoded(content, form.encoding, reading)
    prolog = text[:_PROLOG]
    instructions = [match[1].lower() for match in _INSTRUCTIONS.finditer(prolog)]
    if "xml" in instructions and instructions[0] == "adf":
        reading.repairs["processing instruction before the XML declaration"] += 1
    if _DOCTYPE.search(prolog):
        reading.repairs["document type left out, nothing of it resolved"] += 1
    if not _START.search(text) and re.search(r"&lt;\s{0,5}(?:\?adf|adf|prospect)\b", text, re.IGNORECASE):
        reading.repairs["ADF shown as HTML, unescaped"] += 1
        text = html.unescape(text)
    return (text,), None


def _decoded(content: bytes, given: str | None, reading: Reading) -> str:
    declaration = _DECLARATION.search(content[:_PROLOG])
    named = _ENCODING.search(declaration.group(0)) if declaration else None
    declared = given or (named[1].decode() if named else "utf-8")
    for mark, codec in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if content.startswith(mark):
            declared = codec
    encoding = given or told_codec(declared) or "utf-8"
    try:
        if declared.lower() not in ("utf-8", "utf-8-sig", "utf-16") and given is None and not content.isascii():
            encoding = _utf8_or(content, encoding)
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError, ValueError):
        encoding = _utf8_or(content, "cp1251")
        text = content.decode(encoding, errors="replace")
    if codecs.lookup(encoding).name != told_codec(declared):
        reading.repairs[f"not {declared}, read as {encoding}"] += 1
    reading.facts["encoding"] = encoding.lower().removesuffix("-sig")
    return text


def _utf8_or(content: bytes, other: str) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return other
    return "utf-8"


# --- XML that is nearly XML


def _parsed(prospect: str, reading: Reading) -> Element | None:
    """The prospect as an element, mended where it must be; None where nothing helps."""
    text = prospect
    for repair in (None, *_REPAIRS):
        if repair is not None:
            name, mend = repair
            mended, times = mend(text)
            if not times:
                continue
            reading.repairs[name] += times
            text = mended
        try:
            element = fromstring(text, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            continue
        return element if _depth(element) <= MAX_DEPTH else None
    return None


def _depth(element: Element) -> int:
    depth, level = 0, [element]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for parent in level for child in parent]
    return depth


def _quoted(text: str) -> tuple[str, int]:
    total = 0
    for _ in range(20):  # one attribute of a tag a pass
        text, count = _UNQUOTED.subn(r'\1="\2"', text)
        total += count
        if not count:
            break
    return text, total


def _without_names(text: str) -> tuple[str, int]:
    """Names of letters that HTML knows and XML does not, as the letters."""
    times = 0

    def letter(match: re.Match[str]) -> str:
        nonlocal times
        if match[1] in _XML_NAMES or f"{match[1]};" not in html5:
            return match[0]
        times += 1
        return html.escape(html5[f"{match[1]};"])

    return _NAMED.sub(letter, text), times


def _without_name_spaces(text: str) -> tuple[str, int]:
    text, declarations = _DECLARED_PREFIX.subn(r"\1", text)
    text, prefixes = _PREFIX.subn(r"\1", text)
    return text, declarations + prefixes


_REPAIRS = (
    ("name spaces left out", _without_name_spaces),
    ("attribute without quotes", _quoted),
    ("names of letters that only HTML knows", _without_names),
    ("bare ampersand", lambda text: _BARE_AMPERSAND.subn("&amp;", text)),
    ("control characters left out", lambda text: _CONTROL.subn("", text)),
    ("HTML tags within a lead left out", lambda text: _HTML_TAGS.subn(" ", text)),
    ("bare <", lambda text: _BARE_LESS.subn("&lt;", text)),
)


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1].lower() if isinstance(element.tag, str) else ""


# --- one prospect


def _children(element: Element | None, tag: str) -> list[Element]:
    return [] if element is None else [child for child in element if _tag(child) == tag]


def _child(element: Element | None, tag: str) -> Element | None:
    return next(iter(_children(element, tag)), None)


def _text(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _attribute(element: Element, name: str) -> str:
    return next((value.strip().lower() for key, value in element.attrib.items() if key.lower() == name), "")


_MOMENT = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)[T ]\s?(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s?(AM|PM)?"
    r"\s?(Z|UTC|GMT|[+-]\d\d?(?::?\d{1,2})?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Prospect:
    element: Element
    reading: Reading
    sent_at: str | None  # by the message it came in
    cells_found: dict[str, str] = field(default_factory=dict)

    def cells(self) -> dict[str, str]:
        """The prospect's cells by column; columns it says nothing of are left out."""
        vendor, provider = _child(self.element, "vendor"), _child(self.element, "provider")
        customer = _child(self.element, "customer")
        found = self.cells_found
        found["status"] = _attribute(self.element, "status") or "new"
        found["channel"] = _text(_child(provider, "name"))
        found["dealer_code"] = _text(_child(vendor, "vendorname"))
        found["vendor.id"] = _text(_child(vendor, "id"))
        found["created_at"] = self._moment(_text(_child(self.element, "requestdate")))
        if not found["created_at"] and self.sent_at:
            self.reading.repairs["no requestdate: the date of the e-mail"] += 1
            found["created_at"] = self.sent_at
        comments = [*_children(self.element, "comments"), *_children(customer, "comments")]
        found["comments"] = " ".join(filter(None, map(_text, comments)))
        self._read_vehicles()
        self._read_contact(_child(customer, "contact"))
        self._read_unknown(customer)
        found["source_id"] = self._id(customer)
        return {name: cell for name, cell in found.items() if cell}

    def _moment(self, text: str) -> str:
        """ISO 8601 out of what only resembles it: hours and offsets of one digit, the way e-mails write it."""
        match = _MOMENT.fullmatch(text)
        if match is None:
            return self._mail_moment(text)
        year, month, day, hour, minute, second, half, offset = match.groups()
        hours = int(hour)
        if half:
            hours = hours % 12 + (12 if half.upper() == "PM" else 0)
        if offset and offset.upper() in ("Z", "UTC", "GMT"):
            offset = "Z"
        elif offset:
            head, _, minutes = offset[1:].partition(":") if ":" in offset else (offset[1:3], "", offset[3:])
            offset = f"{offset[0]}{int(head):02d}:{int(minutes or 0):02d}"
        whole = f"{year}-{int(month):02d}-{int(day):02d}T{hours:02d}:{minute}:{second or '00'}{offset or ''}"
        if whole != text:
            self.reading.repairs["moment that is not quite ISO 8601"] += 1
        return whole

    def _mail_moment(self, text: str) -> str:
        if not re.match(r"(?:[A-Za-z]{3,9},? )?\d{1,2} [A-Za-z]{3} \d{4}", text):
            return text
        try:
            whole = parsedate_to_datetime(text).isoformat(timespec="seconds")
        except (ValueError, TypeError, IndexError, OverflowError):
            return text
        self.reading.repairs["moment that is not quite ISO 8601"] += 1
        return whole

    def _id(self, customer: Element | None) -> str:
        ids = [element for element in _children(self.element, "id") if _text(element)]
        if ids:
            main = min(ids, key=lambda element: _attribute(element, "sequence") or "1")
            self.cells_found["ids"] = json.dumps([_text(element) for element in ids[1:]]) if len(ids) > 1 else ""
            source = next((v.strip() for k, v in main.attrib.items() if k.lower() == "source"), "")
            return "/".join(filter(None, (source or self.cells_found["channel"], _text(main))))
        self.reading.repairs["id made of the content"] += 1
        relevant = (
            "created_at",
            "dealer_code",
            "make",
            "model",
            "vin",
            "full_name",
            "last_name",
            "first_name",
            "phone",
            "email",
        )
        content = "\x1f".join(" ".join(self.cells_found.get(name, "").casefold().split()) for name in relevant)
        return f"adf-{sha256(content.encode()).hexdigest()[:20]}"

    def _read_vehicles(self) -> None:
        vehicles = _children(self.element, "vehicle")
        wanted = [vehicle for vehicle in vehicles if _attribute(vehicle, "interest") not in ("trade-in", "sell")]
        found = self.cells_found
        for vehicle in (wanted or vehicles)[:1]:
            found["lead_type"] = _attribute(vehicle, "interest")
            found["vehicle.status"] = _attribute(vehicle, "status")
            found["vehicle.year"] = _text(_child(vehicle, "year"))
            for name in ("make", "model", "vin"):
                found[name] = _text(_child(vehicle, name))
        if len(vehicles) > 1:
            found["vehicles"] = json.dumps(
                [{**vehicle.attrib, **{_tag(part): _text(part) for part in vehicle}} for vehicle in vehicles],
                ensure_ascii=False,
            )

    def _read_contact(self, contact: Element | None) -> None:
        found = self.cells_found
        parts = {"first": "first_name", "middle": "middle_name", "last": "last_name", "surname": "last_name"}
        for name in _children(contact, "name"):
            is_company = _attribute(name, "type") == "business"
            column = "company_name" if is_company else parts.get(_attribute(name, "part"), "full_name")
            found[column] = found.get(column) or _text(name)
        phones = [_text(phone) for phone in self._by_preference(contact, "phone") if _attribute(phone, "type") != "fax"]
        phones = list(dict.fromkeys(filter(None, phones)))
        for column, phone in zip(("phone", "phone_2", "phone_3"), phones, strict=False):
            found[column] = phone
        found["phones"] = json.dumps(phones[3:]) if len(phones) > 3 else ""
        emails = list(dict.fromkeys(filter(None, map(_text, self._by_preference(contact, "email")))))
        found["email"] = emails[0] if emails else ""
        found["emails"] = json.dumps(emails[1:], ensure_ascii=False) if len(emails) > 1 else ""
        address = _child(contact, "address")
        found["address"] = ", ".join(filter(None, (_text(street) for street in _children(address, "street"))))
        found["city"] = _text(_child(address, "city"))
        found["region"] = _text(_child(address, "regioncode")) or _text(_child(address, "region"))
        found["postal_code"] = _text(_child(address, "postalcode"))
        found["country"] = _text(_child(address, "country"))

    def _by_preference(self, contact: Element | None, tag: str) -> list[Element]:
        def is_preferred(element: Element) -> bool:
            return "1" in (_attribute(element, "preferredcontact"), _attribute(element, "primarycontact"))

        return sorted(_children(contact, tag), key=lambda element: not is_preferred(element))

    def _read_unknown(self, customer: Element | None) -> None:
        unknown = {_tag(child): _text(child) for child in self.element if _tag(child) not in _CHILDREN}
        known = ("contact", "comments")
        unknown |= {
            f"customer.{_tag(child)}": _text(child)
            for child in (() if customer is None else customer)
            if _tag(child) not in known
        }
        if unknown := {name: text for name, text in unknown.items() if name and text}:
            self.cells_found["unknown elements"] = json.dumps(unknown, ensure_ascii=False)
