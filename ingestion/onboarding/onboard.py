"""A file becomes a draft of its dealer's YAML, printed or added to the workspace; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from uuid import uuid4

import yaml

from ingestion.contracts import Contract, load_contracts
from ingestion.dealer_entries import DEALER_SCHEMA_FILE
from ingestion.dealer_files import Group, read_configuration
from ingestion.dealer_mistakes import did_you_mean
from ingestion.errors import InvalidSettings, NotDrafted
from ingestion.located_yaml import read_located
from ingestion.onboarding.draft import FeedDraft, draft_dealer, draft_feed, indented, path_pattern
from ingestion.onboarding.matching import Matching, all_contracts, guess_feed, match_columns
from ingestion.onboarding.read_sample import Sample, read_sample
from warehouse.settings import Workspace


@dataclass(frozen=True)
class Onboarding:
    """A draft for one file."""

    dealer_code: str
    matching: Matching
    sample: Sample
    feed: FeedDraft
    reason: str  # why it is this source and entity
    yaml: str  # the whole file of a dealer who has none; else the entry for his file
    dealer_file: Path  # where it belongs
    is_new_dealer: bool
    problems: tuple[str, ...]  # what `dealer360 validate` would say of the draft


def onboard(
    workspace: Workspace, file: Path, *, dealer: str, source: str | None = None, entity: str | None = None
) -> Onboarding:
    """The draft of a feed, made of one of its files; nothing is written and no database is needed.

    Args:
        workspace: whose group.yml and dealers/ are looked at, as far as they are there.
        file: what the dealer sent.
        dealer: the dealer's code, `_group` where the file carries many.
        source: the source system; None: guessed with `entity`.
        entity: the kind of feed; None: guessed.

    Raises:
        NotDrafted: no contract is of that name, or the file is packed and its folder cannot be written.
        RefusedFile: the file cannot be read.
    """
    contracts = [
        contract
        for contract in all_contracts()
        if source in (None, contract.source) and entity in (None, contract.entity)
    ]
    if not contracts:
        known = [f"{known_source}.{known_entity}" for known_source, known_entity in load_contracts()]
        raise NotDrafted(
            f"--source {source} --entity {entity}",
            found=f"no contract for `{source}.{entity}`",
            expected=did_you_mean(f"{source}.{entity}", known),
            do="Correct the two, or leave them out: the best guess is told. Nothing was written.",
        )
    # What is unpacked holds people: it stays where they are, and goes at once.
    home = workspace.root if workspace.root.is_dir() else file.absolute().parent
    unpacked_in = home / f".onboarding_{uuid4().hex[:8]}"
    try:
        sample = read_sample(file, unpacked_in, is_lead=(source, entity) == ("web", "leads"))
    except OSError as error:
        if error.filename is None or not Path(error.filename).is_relative_to(unpacked_in):
            raise
        raise NotDrafted(
            file.name,
            found=f"a packed file, and {home}, where it is to be unpacked, cannot be written ({error.strerror})",
            expected="a folder for what is unpacked, for as long as it is read",
            do="Name a workspace that can be written: `dealer360 --workspace DIR onboard …`. Nothing was written.",
        ) from error
    finally:
        rmtree(unpacked_in, ignore_errors=True)
    matching, reason = _choose(sample, contracts)
    group = _group_of(workspace)
    path = path_pattern("group" if dealer == "_group" else dealer, file.name)
    if file.absolute().is_relative_to(workspace.landing_dir):
        folder = file.absolute().relative_to(workspace.landing_dir).parent.as_posix()
        path = path_pattern(folder, file.name).removeprefix("./")
    feed = draft_feed(sample, matching, path=path, dealer_code=dealer, currency=group.currency)
    dealer_file = _file_of(workspace, dealer)
    is_new = not dealer_file.exists()
    text = _header(sample, matching, reason) + draft_dealer(dealer, group, feed)
    return Onboarding(
        dealer_code=dealer,
        matching=matching,
        sample=sample,
        feed=feed,
        reason=reason,
        yaml=text if is_new else "\n".join(indented(feed.lines, 2)) + "\n",
        dealer_file=dealer_file,
        is_new_dealer=is_new,
        problems=_problems(group, text, dealer),
    )


def write_draft(workspace: Workspace, onboarding: Onboarding) -> Path:
    """The file that holds the draft now: a new one, or the dealer's with the feed behind its others.

    Raises:
        NotDrafted: the dealer's file has such a feed already, or is not written so that one could be added.
    """
    target = onboarding.dealer_file
    target.parent.mkdir(parents=True, exist_ok=True)
    if onboarding.is_new_dealer:
        with target.open("x", encoding="utf-8") as stream:
            stream.write(f"# yaml-language-server: $schema={DEALER_SCHEMA_FILE.as_uri()}\n{onboarding.yaml}")
        return target
    text = target.read_text(encoding="utf-8-sig")
    longer = _with_feed(target, text, onboarding)
    with target.open("a", encoding="utf-8") as stream:
        stream.write(longer)
    return target


def _choose(sample: Sample, wanted: Sequence[Contract]) -> tuple[Matching, str]:
    if sample.form.names_columns_as_we_do or len(wanted) == 1:
        contract = wanted[0] if len(wanted) == 1 else load_contracts()["web", "leads"]
        told = "as you said" if len(wanted) == 1 else "it holds ADF, the format of leads"
        return match_columns(sample.looks, contract), told
    surveys = [contract for contract in wanted if contract.source == "surveys"]
    hints = [sample.file.stem, str(sample.facts.get("sheet", ""))]
    ranked = guess_feed(sample.looks, hints, surveys if "survey" in sample.facts and surveys else wanted)
    best = ranked[0]
    told = f"guessed: {len(best.matches)} of {len(sample.looks)} columns fit"
    if len(ranked) > 1:
        next_best = ranked[1]
        name = f"{next_best.contract.source}.{next_best.contract.entity}"
        lacks = f", and lacks {', '.join(next_best.missing)}" if next_best.missing else ""
        told += f"; next best is {name} with {len(next_best.matches)}{lacks}"
    return best, told


def _header(sample: Sample, matching: Matching, reason: str) -> str:
    feed = f"{matching.contract.source}.{matching.contract.entity}"
    known = f" The columns are those of {matching.system}." if matching.system else ""
    return (
        f"# A draft, made of {sample.file.name}: {sample.row_count:,} rows, {len(sample.looks)} columns, "
        f"{len(matching.matches)} of them ours.{known}\n"
        f"# It is {feed}: {reason}.\n"
        "# Go through what is marked `decide` and `doubtful`, then: dealer360 validate, dealer360 load --dry-run\n"
    )


def _group_of(workspace: Workspace) -> Group:
    try:
        return read_configuration(workspace).group
    except InvalidSettings:
        return Group(name="", time_zone="Europe/Moscow")


def _file_of(workspace: Workspace, dealer: str) -> Path:
    """The YAML that names the dealer, whatever it is called; else the one it will have."""
    for file in sorted((*workspace.dealers_dir.glob("*.yml"), *workspace.dealers_dir.glob("*.yaml"))):
        content = read_located(file).content
        if isinstance(content, dict) and content.get("dealer_code") == dealer:
            return file
    return workspace.dealers_dir / f"{dealer}.yml"


def _problems(group: Group, text: str, dealer: str) -> tuple[str, ...]:
    """What validation says of the draft by itself."""
    with TemporaryDirectory() as folder:
        trial = Workspace(Path(folder).resolve())
        trial.dealers_dir.mkdir()
        trial.group_file.write_text(f"name: trial\ntime_zone: {group.time_zone}\n", encoding="utf-8")
        (trial.dealers_dir / f"{dealer}.yml").write_text(text, encoding="utf-8")
        return tuple(problem.partition(": ")[2] for problem in read_configuration(trial).problems)


def _with_feed(target: Path, text: str, onboarding: Onboarding) -> str:
    """What is to be added behind the file's text."""
    content = yaml.safe_load(text)
    feeds = content.get("feeds") or []
    contract = onboarding.matching.contract
    for feed in feeds:
        if (feed.get("source"), feed.get("entity"), feed.get("path")) == (
            contract.source,
            contract.entity,
            onboarding.feed.path,
        ):
            raise NotDrafted(
                str(target),
                found=f"a feed {contract.source}.{contract.entity} of {onboarding.feed.path} already",
                expected="a feed that is not there yet",
                do="Compare the printed draft with it (without --write). Nothing was written.",
            )
    root = yaml.compose(text)
    last_key, last_value = root.value[-1] if isinstance(root, yaml.MappingNode) and root.value else (None, None)
    is_block = isinstance(last_value, yaml.SequenceNode) and not last_value.flow_style and last_value.value
    if last_key is None or last_value is None or last_key.value != "feeds" or not is_block:
        raise _not_addable(target, "`feeds:` is not the last key of the file, or not a list with a `-` a line")
    spaces = last_value.start_mark.column
    addition = "\n".join(["", *indented(onboarding.feed.lines, spaces)]) + "\n"
    addition = addition if text.endswith("\n") else "\n" + addition
    longer = yaml.safe_load(text + addition)
    if {**content, "feeds": None} != {**longer, "feeds": None} or longer["feeds"][:-1] != feeds:
        raise _not_addable(target, "the feed would not have become its last one")
    return addition


def _not_addable(target: Path, found: str) -> NotDrafted:
    return NotDrafted(
        str(target),
        found=found,
        expected="a file to which a feed can be added at its end",
        do="Print the draft (without --write) and paste it below `feeds:`. Nothing was written.",
    )
