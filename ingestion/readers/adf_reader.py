"""ADF/XML 1.0 leads, as web sites and portals really write them: read leniently, with every repair recorded.

The published DTD is malformed and the specification's own example fails it, so nothing is validated against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, UnreadableFile
from ingestion.readers.reading import Reading, ReadTable, Row

MAX_BYTES = 20 * 1024 * 1024
MAX_CELL = 20_000

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

_DECLARATION = re.compile(rb"<\?xml[^>]*\?>", re.IGNORECASE)
_ADF_INSTRUCTION = re.compile(rb"<\?adf[^>]*\?>", re.IGNORECASE)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9_.-]+)["']""")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?[^>]*>", re.IGNORECASE)
_UNQUOTED = re.compile(rb"""(<[A-Za-z][^<>]*?\s[A-Za-z_:][\w:.-]*)=([^\s"'<>/]+)(?=[\s/>])""")
_BARE_AMPERSAND = re.compile(rb"&(?!#\d+;|#x[0-9A-Fa-f]+;|amp;|lt;|gt;|quot;|apos;)")
_CHILDREN = frozenset(("id", "requestdate", "vehicle", "customer", "vendor", "provider", "comments"))


def open_adf(file: Path, form: FileFormat, _expected_names: frozenset[str]) -> ReadTable:
    """One row a prospect; `_source_row` is its place in the file.

    Raises:
        EmptyFile: no prospect in it.
        UnreadableFile: too big, or no XML even after the usual repairs.
    """
    if file.stat().st_size > MAX_BYTES:
        raise UnreadableFile(
            file.name,
            found=f"{file.stat().st_size} bytes",
            expected=f"at most {MAX_BYTES} bytes of ADF in one file",
            do="Have it sent in parts.",
        )
    reading = Reading()
    root = _parsed(file, form.encoding, reading)
    prospects = [element for element in root.iter() if _tag(element) == "prospect"]
    if not prospects:
        raise EmptyFile(
            file.name,
            found=f"<{_tag(root)}> without a prospect",
            expected="ADF prospects",
            do="Ask the sender to resend.",
        )
    header = (*ADF_COLUMNS, *FURTHER_COLUMNS)
    return ReadTable(header, _rows(prospects, header, reading), reading)


def _rows(prospects: list[Element], header: tuple[str, ...], reading: Reading) -> Iterator[Row]:
    for number, prospect in enumerate(prospects, start=1):
        cells = _Prospect(prospect, reading).cells()
        yield Row(number, [_bounded(cells.get(name), reading) for name in header])


def _bounded(cell: str | None, reading: Reading) -> str | None:
    if cell is not None and len(cell) > MAX_CELL:
        reading.repairs[f"cells cut to {MAX_CELL} characters"] += 1
        return cell[:MAX_CELL]
    return cell or None


# --- XML that is nearly XML


def _parsed(file: Path, given_encoding: str | None, reading: Reading) -> Element:
    content = file.read_bytes().removeprefix(b"\xef\xbb\xbf").strip()
    declaration = _DECLARATION.search(content)
    named = _ENCODING.search(declaration.group(0)) if declaration else None
    encoding = given_encoding or (named.group(1).decode() if named else "utf-8")
    body, instructions = _ADF_INSTRUCTION.subn(b"", _DECLARATION.sub(b"", content))
    if instructions and declaration and content.index(b"<?") != declaration.start():
        reading.repairs["processing instruction before the XML declaration"] += 1
    if _DOCTYPE.search(body):
        body = _DOCTYPE.sub(b"", body)
        reading.repairs["document type left out"] += 1
    try:
        text = body.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        text = body.decode("cp1251", errors="replace")
        reading.repairs[f"not {encoding}, read as cp1251"] += 1
        encoding = "cp1251"
    reading.facts["encoding"] = encoding.lower()
    body = text.encode("utf-8")
    try:
        return fromstring(body)
    except DefusedXmlException as error:
        raise _no_xml(file, f"XML with entities of its own ({type(error).__name__})") from error
    except ParseError:
        return _parsed_after_repairs(file, body, reading)


def _parsed_after_repairs(file: Path, body: bytes, reading: Reading) -> Element:
    for _ in range(20):  # one attribute of a tag a pass
        body, count = _UNQUOTED.subn(rb'\1="\2"', body)
        reading.repairs["attribute without quotes"] += count
        if not count:
            break
    body, count = _BARE_AMPERSAND.subn(b"&amp;", body)
    reading.repairs["bare ampersand"] += count
    body, count = re.subn(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", body)
    reading.repairs["control characters left out"] += count
    for name in [name for name, times in reading.repairs.items() if not times]:
        del reading.repairs[name]
    try:
        return fromstring(body)
    except (ParseError, DefusedXmlException) as error:
        raise _no_xml(file, f"no XML ({error})") from error


def _no_xml(file: Path, found: str) -> UnreadableFile:
    return UnreadableFile(file.name, found=found, expected="ADF 1.0 (XML)", do="Ask the sender to resend.")


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


@dataclass(frozen=True)
class _Prospect:
    element: Element
    reading: Reading
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
        comments = [*_children(self.element, "comments"), *_children(customer, "comments")]
        found["comments"] = " ".join(filter(None, map(_text, comments)))
        self._read_vehicles()
        self._read_contact(_child(customer, "contact"))
        self._read_unknown(customer)
        found["source_id"] = self._id(customer)
        return {name: cell for name, cell in found.items() if cell}

    def _moment(self, text: str) -> str:
        """ISO 8601 out of what only resembles it: hours and offsets of one digit."""
        match = re.fullmatch(
            r"(\d{4}-\d\d?-\d\d?)[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d?(?::?\d{1,2})?)?", text
        )
        if match is None:
            return text
        day, hour, minute, second, offset = match.groups()
        if offset and offset != "Z":
            hours, _, minutes = offset[1:].partition(":") if ":" in offset else (offset[1:3], "", offset[3:])
            offset = f"{offset[0]}{int(hours):02d}:{int(minutes or 0):02d}"
        whole = f"{day}T{int(hour):02d}:{minute}:{second or '00'}{offset or ''}"
        if whole != text:
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
