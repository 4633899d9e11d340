from __future__ import annotations

import re
from pathlib import Path

from stewardship.evaluation import AtThreshold, Evaluation, Quality
from stewardship.evaluation_page import write_evaluation_page


def _page(folder: Path, *at_thresholds: AtThreshold) -> str:
    evaluation = Evaluation(5, 1, (Quality("pairs", 0.75, 0.5), Quality("records", None, None)), at_thresholds, (3, 2))
    write_evaluation_page(folder / "exports" / "page.html", evaluation, "truth <1>.csv")
    return (folder / "exports" / "page.html").read_text(encoding="utf-8")


def test_the_page_tells_the_figures_and_draws_every_threshold(tmp_path: Path) -> None:
    page = _page(tmp_path, AtThreshold(0.95, (Quality("scored pairs", 1.0, 0.25),)))
    assert re.search(r"pairs of records</td><td>0\.75</td><td>0\.5</td><td>0\.6<", page)
    assert "records (B-cubed)</td><td>–<" in page
    assert "0.95</td><td>pairs by their score</td><td>1.0</td><td>0.25</td><td>0.4" in page
    assert '{"threshold": "0.95", "by": "pairs by their score", "figure": "recall", "value": 0.25}' in page


def test_the_page_fetches_nothing_and_trusts_no_file_name(tmp_path: Path) -> None:
    page = _page(tmp_path, AtThreshold(0.95, (Quality("scored pairs", 1.0, 0.25),)))
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "src=" not in markup
    assert "http" not in markup.replace("http-equiv", "")
    assert "default-src 'none'" in page
    assert "truth &lt;1&gt;.csv" in page


def test_without_thresholds_there_are_no_charts_and_no_libraries(tmp_path: Path) -> None:
    assert len(_page(tmp_path)) < 10_000
