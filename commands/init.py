"""`dealer360 init`: a new workspace."""

from __future__ import annotations

from pathlib import Path

import click

from warehouse.settings import PROJECT_ROOT, find_workspace

TEMPLATE = Path(__file__).parent / "workspace_template"


@click.command(epilog="Example: dealer360 init ./workspace")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def init(directory: Path) -> None:
    """Make a new workspace in DIR, with one commented example dealer. Files that are there stay as they are."""
    workspace = find_workspace(directory)
    if workspace.group_file.exists():
        raise click.UsageError(f"{workspace.root} is a workspace already: it has a group.yml. Nothing was changed.")
    for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file()):
        target = workspace.root / source.relative_to(TEMPLATE)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            # Editors complete and check a YAML whose first line names its schema.
            target.write_text(source.read_text().replace("{ingestion}", (PROJECT_ROOT / "ingestion").as_uri()))
    workspace.landing_dir.mkdir(exist_ok=True)
    click.echo(f"{workspace.root} is ready. Next: describe your dealers in {workspace.dealers_dir},")
    click.echo(f"put their files under {workspace.landing_dir}, and run")
    click.echo(f'    dealer360 --workspace "{directory}" run')
