from datetime import date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from demo.adf import write_adf
from demo.centres import read_centres
from demo.rows import Row

CENTRES = read_centres()


def lead(dealer_code: str, make: str = "LADA") -> Row:
    values = {
        "source_id": f"{dealer_code}-00001",
        "created_at": datetime(2025, 6, 25, 8, 47, 50, tzinfo=ZoneInfo("Europe/Moscow")),
        "lead_type": "test-drive",
        "channel": "Сайт & Ко",
        "make": make,
        "model": "Vesta",
        "full_name": "Анна Петрова",
        "first_name": "Анна",
        "last_name": "Петрова",
        "phone": "89161234567",
        "email": "anna@example.org",
    }
    return Row(dealer_code, dealer_code, "web", "leads", date(2025, 6, 25), values, medium="adf")


@pytest.mark.parametrize(
    ("dealer_code", "expected_date"),
    [("d01", "2025-06-25T08:47:50+03:00"), ("d03", "2025-06-25T8:47:50"), ("d05", "25.06.2025 08:47")],
)
def test_every_site_dates_its_leads_in_its_own_way(dealer_code: str, expected_date: str) -> None:
    root = ElementTree.fromstring(write_adf(CENTRES[dealer_code], [lead(dealer_code)], is_first_night=True))

    assert root.findtext("prospect/requestdate") == expected_date
    assert root.findtext("prospect/customer/contact/phone") == "89161234567"
    assert root.findtext("prospect/provider/name") == "Сайт & Ко"


def test_names_come_in_parts_from_one_site_and_whole_from_another() -> None:
    parts = ElementTree.fromstring(write_adf(CENTRES["d01"], [lead("d01")], is_first_night=True))
    whole = ElementTree.fromstring(write_adf(CENTRES["d03"], [lead("d03")], is_first_night=True))

    assert [name.get("part") for name in parts.iterfind("prospect/customer/contact/name")] == ["first", "last"]
    assert whole.findtext("prospect/customer/contact/name") == "Анна Петрова"


def test_a_changed_template_leaves_out_the_quotes() -> None:
    content = write_adf(CENTRES["d01"], [lead("d01")], is_first_night=False)

    assert b"<id sequence=1 source=" in content
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(content)


def test_a_lead_without_a_vehicle_has_empty_elements() -> None:
    root = ElementTree.fromstring(write_adf(CENTRES["d05"], [lead("d05", make="")], is_first_night=True))

    assert root.findtext("prospect/vehicle/make") == ""
    assert root.findtext("prospect/vehicle/model") == ""


def test_the_old_encoding_is_declared() -> None:
    content = write_adf(CENTRES["d05"], [lead("d05")], is_first_night=True)

    assert b'encoding="windows-1251"' in content
    assert "Анна Петрова" in content.decode("cp1251")
