"""The dashboard in ``docs/aggregates.md`` is one that the command reads, and what the page shows was said of it."""

import re
from pathlib import Path

from calibration.organisation import organisation_of
from calibration.sources.aggregates import read_aggregates

PAGE = (Path(__file__).parents[2] / "docs" / "aggregates.md").read_text(encoding="utf-8")


def test_the_dashboard_of_the_page_is_read_and_its_stages_are_those_the_page_tells_of(tmp_path: Path) -> None:
    (csv,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "metrics.csv").write_text(csv)
    given = read_aggregates(tmp_path / "metrics.csv")
    (stages,) = re.findall(r"--stages (\S+)", PAGE)[-1:]
    known = organisation_of(given, stages=tuple(stages.split(",")))
    (said,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert all(f"work.case.steps.{stage}.effort" in said for stage in known.stages)
    assert given.notices == ()
