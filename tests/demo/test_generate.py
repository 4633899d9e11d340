from pathlib import Path

import pytest

from demo.generate import DemoGroup, generate
from tests.demo.conftest import files_of


def test_the_same_seed_gives_the_same_bytes(small_group: DemoGroup, tmp_path: Path) -> None:
    generate(tmp_path / "again", customers=300, seed=1)

    assert files_of(tmp_path / "again") == files_of(small_group.folder)


def test_another_seed_gives_another_group(small_group: DemoGroup, tmp_path: Path) -> None:
    generate(tmp_path / "other", customers=300, seed=7)

    other, small = files_of(tmp_path / "other"), files_of(small_group.folder)
    assert other["truth/clusters.csv"] != small["truth/clusters.csv"]
    assert other["nights/1/d02/customers_20260302.csv"] != small["nights/1/d02/customers_20260302.csv"]


def test_the_group_grows_with_the_customers_asked_for(small_group: DemoGroup, large_group: DemoGroup) -> None:
    ratio = len(large_group.truth.clusters) / len(small_group.truth.clusters)

    assert len(large_group.population.persons) == pytest.approx(2000, rel=0.05)
    assert ratio == pytest.approx(2000 / 300, rel=0.3)


def test_a_group_too_small_for_six_centres_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 100"):
        generate(tmp_path, customers=99)


def test_the_smallest_group_has_every_mishap(tmp_path: Path) -> None:
    group = generate(tmp_path, customers=100, seed=5)

    assert sum(refusal.status != "skipped" for refusal in group.truth.refusals) == 8


def test_the_judging_profile_makes_other_mistakes_of_the_same_people(small_group: DemoGroup, tmp_path: Path) -> None:
    judging = generate(tmp_path, customers=300, seed=1, profile="judging")

    assert judging.population.persons == small_group.population.persons
    assert judging.mistakes.made["surname_typo"] > small_group.mistakes.made["surname_typo"]
    assert files_of(tmp_path)["truth/clusters.csv"] != files_of(small_group.folder)["truth/clusters.csv"]


def test_the_workspace_has_the_yaml_files_and_an_empty_landing_folder(small_group: DemoGroup) -> None:
    names = sorted(path.name for path in (small_group.folder / "dealers").iterdir())

    assert names == ["_group.yml", "d01.yml", "d02.yml", "d03.yml", "d04.yml", "d05.yml", "d06.yml"]
    assert (small_group.folder / "group.yml").is_file()
    assert list((small_group.folder / "landing").iterdir()) == []
