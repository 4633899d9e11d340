import random

import pytest

from demo.names import read_data
from demo.vehicles import VIN_ALPHABET, VehicleMaker, is_valid_vin, models, vin_check_digit


def test_the_check_digit_is_that_of_a_known_number() -> None:
    assert vin_check_digit("1M8GDM9AXKP042788") == "X"
    assert vin_check_digit("11111111111111111") == "1"


@pytest.mark.parametrize(
    ("vin", "is_valid"),
    [
        ("XTAGFK330JY144213", True),  # no check digits in Russia
        ("1M8GDM9AXKP042788", True),
        ("1M8GDM9A1KP042788", False),
        ("XTAGFK330JY14421", False),
        ("XTAGFK33OJY144213", False),
        ("ХТАGFK330JY144213", False),
    ],
)
def test_a_vin_is_judged_by_length_alphabet_and_check_digit(vin: str, is_valid: bool) -> None:
    assert is_valid_vin(vin) is is_valid


def test_built_cars_have_valid_numbers_of_real_makers_and_no_number_twice() -> None:
    maker = VehicleMaker(random.Random(1))
    makers = {row["wmi"] for row in read_data("wmi.csv")}
    vins = [maker.build(model, year).vin for model in models() for year in range(2015, 2027) for _ in range(5)]

    assert all(is_valid_vin(vin) for vin in vins)
    assert len(set(vins)) == len(vins)
    assert {vin[:3] for vin in vins} <= makers


def test_the_year_stands_in_position_ten() -> None:
    maker = VehicleMaker(random.Random(1))

    assert maker.build(models()[0], 2018).vin[9] == "J"
    assert maker.build(models()[0], 2026).vin[9] == "T"


def test_a_car_built_for_japan_has_a_frame_number_in_place_of_a_vin() -> None:
    car = VehicleMaker(random.Random(1)).build(models()[0], 2012, is_japanese_import=True)

    assert car.vin == ""
    assert car.number == car.chassis_no
    assert "-" in car.chassis_no


def test_a_model_is_of_one_of_the_brands() -> None:
    maker = VehicleMaker(random.Random(1))

    assert {maker.draw_model(("LADA", "Haval")).make for _ in range(200)} == {"LADA", "Haval"}


def test_the_alphabet_has_no_letters_that_look_like_digits() -> None:
    assert not set("IOQ") & set(VIN_ALPHABET)
    assert len(VIN_ALPHABET) == 33
