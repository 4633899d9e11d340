import pytest

from demo.centres import WORKSPACE_FOLDER, Centre, dealer_codes, read_centres
from demo.generate import DemoGroup
from ingestion.contracts import load_contracts
from ingestion.dealer_files import read_configuration
from warehouse.settings import Workspace

CENTRES = list(read_centres().values())


def test_the_yaml_files_are_as_a_user_must_write_them(small_group: DemoGroup) -> None:
    configuration = read_configuration(Workspace(small_group.folder))

    assert configuration.problems == ()
    assert {dealer.dealer_code for dealer in configuration.dealers} == set(dealer_codes())


def test_six_centres_lie_in_three_time_zones() -> None:
    zones = {str(centre.zone) for centre in CENTRES}

    assert len(dealer_codes()) == 6
    assert zones == {"Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok"}


def test_every_kind_of_feed_is_sent_by_somebody() -> None:
    sent = {(feed.source, feed.entity) for centre in CENTRES for feed in centre.feeds}

    assert sent == set(load_contracts())


def test_every_file_format_and_the_usual_encodings_occur() -> None:
    formats = [feed.file_format for centre in CENTRES for feed in centre.feeds]

    assert {entry["type"] for entry in formats} == {"csv", "excel", "jsonl", "adf"}
    assert {"cp1251", "utf-8", "utf-8-sig", "utf-16"} <= {entry.get("encoding") for entry in formats}


@pytest.mark.parametrize("centre", CENTRES, ids=lambda centre: centre.dealer_code)
def test_every_path_gives_the_day_of_delivery(centre: Centre) -> None:
    assert all("{date:" in feed.path for feed in centre.feeds)


def test_one_centre_has_no_customer_register_and_another_names_only_card_numbers_in_its_sales() -> None:
    centres = read_centres()
    sales = {code: centres[code].feed("dms", "sales") for code in ("d01", "d02")}

    assert centres["d01"].feed("dms", "customers") is None
    assert sales["d01"] is not None
    assert "full_name" in sales["d01"].columns
    assert sales["d02"] is not None
    assert "customer_source_id" in sales["d02"].columns
    assert not {"full_name", "last_name", "phone"} & set(sales["d02"].columns)


def test_every_yaml_is_commented() -> None:
    files = sorted(WORKSPACE_FOLDER.rglob("*.yml"))

    assert len(files) == 8
    assert all(file.read_text(encoding="utf-8").startswith("# ") for file in files)
