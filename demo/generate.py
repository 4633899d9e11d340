"""Makes the invented dealer group: a workspace with its YAML files, several nights' files, and the truth about them."""

from __future__ import annotations

import argparse
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from demo.centres import WORKSPACE_FOLDER, dealer_codes, read_centres
from demo.clerk import Clerk
from demo.documents import DocumentWriter
from demo.history import NIGHTS, HistoryMaker
from demo.mistakes import Mistakes
from demo.nights import Delivery, plan_deliveries, write_nights
from demo.people import Population
from demo.population import draw_population
from demo.spoiled_files import Mishaps
from demo.spoiled_rows import spoiled_rows
from demo.touches import TouchWriter
from demo.truth import Truth, truth_of, write_truth
from demo.voices import VoiceWriter

DEFAULT_CUSTOMERS = 3000
DEFAULT_SEED = 20260302
MINIMUM_CUSTOMERS = 100


@dataclass(frozen=True)
class DemoGroup:
    """What was generated: the workspace folder, its files night by night, the people behind them, and the truth."""

    folder: Path
    deliveries: tuple[Delivery, ...]
    population: Population
    mistakes: Mistakes
    truth: Truth


def generate(
    folder: Path, *, customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED, profile: str = "default"
) -> DemoGroup:
    """Writes a workspace with about `customers` persons; the same arguments give the same bytes.

    `folder` gets `group.yml`, `dealers/`, an empty `landing/`, `nights/<n>/` with the files of each night as they
    will lie under landing, and `truth/`.

    Raises:
        ValueError: fewer than `MINIMUM_CUSTOMERS`, or a profile that there is not.
    """
    if customers < MINIMUM_CUSTOMERS:
        raise ValueError(f"{customers} customers are too few for six centres; at least {MINIMUM_CUSTOMERS}")
    centres = read_centres()
    mistakes = Mistakes(random.Random(f"{seed}/mistakes"), profile)
    population = draw_population(random.Random(f"{seed}/people"), customers, dealer_codes())
    history = HistoryMaker(random.Random(f"{seed}/history"), population, centres).run()
    clerk = Clerk(random.Random(f"{seed}/clerk"), mistakes, population)
    rows = [
        *DocumentWriter(random.Random(f"{seed}/documents"), clerk, mistakes, centres).write(history),
        *TouchWriter(random.Random(f"{seed}/touches"), clerk, mistakes, centres, population).write(history),
        *VoiceWriter(random.Random(f"{seed}/voices"), clerk, centres, population).write(history),
    ]
    rows += spoiled_rows(random.Random(f"{seed}/spoiled"), rows, NIGHTS[0])
    mishaps = Mishaps(centres, plan_deliveries(centres, rows))
    deliveries = mishaps.happen()
    truth = truth_of(deliveries, mishaps.refusals)
    _write_workspace(folder)
    write_nights(folder, deliveries)
    write_truth(folder, truth, deliveries, population, mistakes)
    return DemoGroup(folder, tuple(deliveries), population, mistakes, truth)


def _write_workspace(folder: Path) -> None:
    (folder / "landing").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(WORKSPACE_FOLDER / "group.yml", folder / "group.yml")
    shutil.copytree(WORKSPACE_FOLDER / "dealers", folder / "dealers", dirs_exist_ok=True)


def main() -> None:
    """Generates the group from the command line, without loading it."""
    parser = argparse.ArgumentParser(prog="python -m demo.generate", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=DEFAULT_CUSTOMERS)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--profile", default="default", choices=("default", "judging"))
    arguments = parser.parse_args()
    generate(arguments.folder, customers=arguments.customers, seed=arguments.seed, profile=arguments.profile)


if __name__ == "__main__":
    main()
