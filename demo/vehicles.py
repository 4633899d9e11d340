"""The cars of the demo group: models on sale, and vehicles with valid numbers."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from functools import cache

from demo.names import read_data

VIN_ALPHABET = "".join(letter for letter in string.digits + string.ascii_uppercase if letter not in "IOQ")
# Position 10 of a VIN, 2010 to 2039.
_YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
_VIN_VALUES = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ", (*range(10), *range(1, 9), 1, 2, 3, 4, 5, 7, 9, *range(2, 10)), strict=True
    )
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_PLATE_LETTERS = "АВЕКМНОРСТУХ"
_PLATE_REGIONS = {"77": 6, "97": 4, "50": 4, "66": 5, "96": 3, "74": 3, "25": 4, "125": 3, "27": 3}


@dataclass(frozen=True)
class Model:
    """A model on sale; `written` is how Russian programmes spell it in Cyrillic."""

    make: str
    name: str
    wmi: str
    price: int  # new, in roubles
    weight: int
    written: str


@dataclass(frozen=True)
class Vehicle:
    """One car. A car built for the Japanese market has a frame number in place of a VIN."""

    vin: str
    chassis_no: str
    model: Model
    model_year: int
    plate: str
    km_per_day: float

    @property
    def number(self) -> str:
        """What a document calls the car: its VIN, else its frame number."""
        return self.vin or self.chassis_no


@cache
def models() -> tuple[Model, ...]:
    """All models on sale in the group."""
    return tuple(
        Model(
            row["make"],
            row["model"],
            row["wmi"],
            int(row["price_thousands"]) * 1000,
            int(row["weight"]),
            row["written"],
        )
        for row in read_data("models.csv")
    )


def vin_check_digit(vin: str) -> str:
    """What position 9 of a VIN must hold where check digits are obligatory."""
    rest = sum(_VIN_VALUES[letter] * weight for letter, weight in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def is_valid_vin(vin: str) -> bool:
    """Whether a VIN has 17 characters of the alphabet and, where it is obligatory, its check digit."""
    if len(vin) != 17 or any(letter not in VIN_ALPHABET for letter in vin):
        return False
    return vin[0] not in "12345L" or vin[8] == vin_check_digit(vin)


class VehicleMaker:
    """Builds cars one after another; every serial number is given once."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._serial = 100_000

    def draw_model(self, brands: tuple[str, ...]) -> Model:
        """A model of one of the brands, drawn by its weight."""
        offered = [model for model in models() if model.make in brands]
        return self._rng.choices(offered, [model.weight for model in offered])[0]

    def build(self, model: Model, model_year: int, *, is_japanese_import: bool = False) -> Vehicle:
        """A car of the model and year with numbers of its own."""
        rng = self._rng
        self._serial += rng.randrange(1, 9)
        vin = "" if is_japanese_import else self._vin(model, model_year)
        letters = [rng.choice(_PLATE_LETTERS) for _ in range(3)]
        region = rng.choices(list(_PLATE_REGIONS), list(_PLATE_REGIONS.values()))[0]
        return Vehicle(
            vin=vin,
            chassis_no=f"NZE{rng.choice((121, 141, 161))}-{3_000_000 + self._serial}" if is_japanese_import else "",
            model=model,
            model_year=model_year,
            plate=f"{letters[0]}{rng.randrange(1, 1000):03d}{letters[1]}{letters[2]}{region}",
            km_per_day=rng.uniform(22, 70),
        )

    def _vin(self, model: Model, model_year: int) -> str:
        # Positions 4 to 8 describe the model: the same for all cars of one name.
        described = random.Random(f"{model.make} {model.name}")
        descriptor = "".join(described.choice(VIN_ALPHABET) for _ in range(5))
        year = _YEAR_CODES[(model_year - 2010) % len(_YEAR_CODES)]
        vin = f"{model.wmi}{descriptor}0{year}{described.choice(VIN_ALPHABET)}{self._serial:06d}"
        return vin[:8] + vin_check_digit(vin) + vin[9:] if vin[0] == "L" else vin
