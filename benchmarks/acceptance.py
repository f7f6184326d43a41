"""The acceptance figures of output analysis, O1 to O13: what is asked, what is measured, and where it is tested.

Run ``python -m benchmarks.acceptance``: it reads the recorded tables beside it (`coverage.md`, `selection.md`,
`pairing.md`), measures what is cheap to measure anew, checks that every test it names is there, prints the table and
writes it to ``acceptance.md``. What is recorded is made again by the scripts named at the head of those tables.
"""

import re
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.alarms import alarms_of, backlog_bias, power_of

FOLDER: Final = Path(__file__).parent
ROOT: Final = FOLDER.parent
PAGE: Final = Path(__file__).with_suffix(".md")

Row = tuple[str, ...]


class Figure(NamedTuple):
    """One line of the table."""

    name: str
    asked: str
    measured: Callable[[], tuple[str, bool]]  # in words, and whether it is met
    tests: tuple[str, ...]  # file::name


def recorded(page: str, first: str, heading: str = "") -> list[Row]:
    """Read the rows of a recorded table that begin with a cell, of the section with this heading."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    part = text.partition(f"## {heading}")[2].partition("\n## ")[0] if heading else text
    rows = [tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in part.splitlines()]
    return [row for row in rows if row[0].startswith(first) and len(row) > 1]


def _share(cell: str) -> float:
    return float(cell.partition(" ")[0])


def _covered(first: str, n: str) -> float:
    [row] = [row for row in recorded("coverage.md", first, "t interval of a mean") if row[1] == n]
    return _share(row[2])


def normal() -> tuple[str, bool]:
    """O1: 1000 samples of each n."""
    shares = [_share(row[2]) for row in recorded("coverage.md", "normal", "t interval of a mean")]
    return f"{min(shares)} to {max(shares)} %", all(92.6 <= share <= 97.1 for share in shares)


def short_queues() -> tuple[str, bool]:
    """O2: the first delays of a queue, and Law's skewed model."""
    few, many = _covered("mean of the first 25", "30"), _covered("mean of the first 25", "100")
    [row] = [row for row in recorded("coverage.md", "Law", "t interval of a mean") if row[1] == "30"]
    return f"{few} % at 30, {many} % at 100; skewed model warned in {row[5]}", few >= 90 and many >= 93


def table_of_coverage() -> tuple[str, bool]:
    """O3: a script regenerates the table."""
    text = (FOLDER / "coverage.md").read_text(encoding="utf-8")
    samples = int(re.search(r"(\d+) samples a row", text).group(1))  # type: ignore[union-attr]
    return f"`benchmarks/coverage.py`, {samples} samples a row", samples >= 1000


def quantiles() -> tuple[str, bool]:
    """O4: the order-statistic interval where it is finite."""
    rows = [row for row in recorded("coverage.md", "P", "Order-statistic") if row[5] == "no"]
    shares = [_share(row[2]) for row in rows]
    return f"{min(shares)} to {max(shares)} % over {len(rows)} rows", all(94 <= share <= 99.5 for share in shares)


def warm_up() -> tuple[str, bool]:
    """O5: the bias of the mean time in system after the cut, from a backlog of 80."""
    short, long = (backlog_bias(items=items, runs=300) for items in (10_000, 50_000))
    return f"{short:+.1%} at 10,000 items, {long:+.1%} at 50,000".replace("%", " %"), abs(short) <= 0.03 and abs(
        long
    ) <= 0.005


def stopping() -> tuple[str, bool]:
    """O7: coverage at the stop."""
    [row] = recorded("coverage.md", "5.0 %", "Sequential")
    return f"{row[2]} after {row[1]} replications", _share(row[2]) >= 92


def equal_scenarios() -> tuple[str, bool]:
    """O8: 1000 families of ten equal scenarios."""
    share = alarms_of(family=10, samples=1000)
    return f"same seed exactly 0 by the test; other seeds {share:.1%} of 1,000".replace("%", " %"), share <= 0.074


def power() -> tuple[str, bool]:
    """O9: 200 trials of a faster server."""
    found, covered = power_of(trials=200)
    return f"found in {found:.1%} of 200, covered in {covered:.1%}".replace(
        "%", " %"
    ), found >= 0.99 and 0.895 <= covered <= 0.99


def pairing() -> tuple[str, bool]:
    """O10: the median over the questions."""
    ratios: dict[str, list[float]] = {}
    text = (FOLDER / "pairing.md").read_text(encoding="utf-8")
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if len(cells) == 5 and re.fullmatch(r"\d+\.\d+", cells[4]):
            ratios.setdefault(cells[0], []).append(float(cells[4]))
    middle = median(median(each) for each in ratios.values())
    correlation = re.search(r"Median correlation of the two sides: (\S+)\.\n", text)
    told = correlation.group(1) if correlation else "not told"
    return f"1/{1 / middle:.1f} over {len(ratios)} questions, correlation {told}", middle <= 1 / 3


def selected() -> tuple[str, bool]:
    """O11: the slippage configuration."""
    shares = [_share(row[3]) for row in _slippage()]
    return f"{min(shares)} to {max(shares)} %", min(shares) >= 93.8


def selection_cost() -> tuple[str, bool]:
    """O12: runs against the published ones."""
    shares = [float(row[6]) for row in _slippage()]
    return f"at most {max(shares):.2f} of the published", max(shares) <= 1.15


def _slippage() -> list[Row]:
    """Read the table of systems that are all behind by exactly what matters."""
    return [row for row in recorded("selection.md", "", "All others behind") if row[0].isdigit()]


FIGURES: Final = (
    Figure(
        "O1 mean of normal outputs", "covered in 92.6 to 97.1 % of 1,000", normal,
        ("theory/test_coverage.py::test_the_interval_of_a_normal_mean_covers_as_often_as_it_says",),
    ),
    Figure(
        "O2 mean of skewed outputs", "first delays: at least 90 % at 30, 93 % at 100; the skewed model is warned of",
        short_queues,
        (
            "theory/test_coverage.py::test_the_interval_of_a_mean_delay_from_empty_covers_nearly_as_often",
            "theory/test_coverage.py::test_nine_in_ten_samples_of_the_skewed_model_carry_the_warning",
        ),
    ),
    Figure("O3 table of coverage", "made by a script, 1,000 samples a row", table_of_coverage, ()),
    Figure(
        "O4 quantiles", "94 to 99.5 % wherever finite; no end made up", quantiles,
        (
            "theory/test_coverage.py::test_the_interval_of_a_quantile_never_falls_below_its_level",
            "unit/test_estimate.py::test_few_values_give_a_high_quantile_no_upper_end",
        ),
    ),
    Figure(
        "O5 warm-up", "from a backlog of 80, bias after the cut at most 3 % at 10,000 items, 0.5 % at 50,000", warm_up,
        (
            "unit/test_run_length.py::test_a_backlog_at_the_start_is_cut_to_within_three_percent",
            "unit/test_run_length.py::test_mser5_refuses_a_cut_beyond_half_the_run",
        ),
    ),
    Figure(
        "O6 from today's board", "exact transients within 4 standard errors, without warm-up",
        lambda: ("by the tests", True),
        ("theory/test_transients.py::test_the_number_inside_moves_as_kolmogorov_says",),
    ),
    Figure(
        "O7 sequential stop", "at least 92 % at 5 % precision; n, cap and reason are told", stopping,
        (
            "unit/test_run_length.py::test_precision_reached_ends_the_run_and_says_so",
            "unit/test_run_length.py::test_the_cap_ends_the_run_and_says_so",
        ),
    ),
    Figure(
        "O8 equal scenarios", "same seed exactly 0; other seeds: any of 10 significant in at most 7.4 % of 1,000",
        equal_scenarios,
        (
            "unit/test_compare.py::test_the_baseline_under_another_name_differs_by_exactly_0",
            "theory/test_coverage.py::test_of_ten_equal_scenarios_any_is_rarely_declared_different",
        ),
    ),
    Figure(
        "O9 power", "5 % faster service found in at least 99 % of 200 trials, covered in 89.5 to 99 %",
        power,
        ("theory/test_coverage.py::test_a_service_five_percent_faster_is_found",),
    ),
    Figure("O10 pairing", "variance at most 1/3 of independent seeds, in the median over the questions", pairing, ()),
    Figure(
        "O11 selection", "right in at least 93.8 % of 4,000 on the slippage configuration", selected,
        ("unit/test_selection.py::test_the_best_is_selected_as_often_as_promised_for_the_published_runs",),
    ),
    Figure(
        "O12 cost of selection", "at most 1.15 times the published runs", selection_cost,
        ("unit/test_selection.py::test_the_promise_holds_in_long_runs",),
    ),
    Figure(
        "O13 nothing without its interval", "interval, n, seed, horizon and warm-up beside every mean of a report",
        lambda: ("by the tests", True),
        (
            "unit/test_report.py::test_no_figure_stands_without_its_interval",
            "unit/test_report.py::test_a_report_without_an_interval_is_refused",
        ),
    ),
)  # fmt: skip


def is_there(test: str) -> bool:
    """Say whether a test, or a file of tests where no name follows, is in the repository."""
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    return path.is_file() and f"def {name or 'test_'}" in path.read_text(encoding="utf-8")


def row(figure: Figure) -> str:
    """Write a line of the table."""
    told, met = figure.measured()
    missing = [test for test in figure.tests if not is_there(test)]
    if missing:
        raise SystemExit(f"{figure.name}: there is no {', '.join(missing)}")
    tests = "<br>".join(f"`{test.removesuffix('::')}`" for test in figure.tests) or "recorded by script"
    return f"| {figure.name} | {figure.asked} | {told} | {'yes' if met else 'NO'} | {tests} |"


def main() -> None:
    """Print the table and write it beside this script."""
    rows = [row(figure) for figure in FIGURES]
    head = (
        "# Acceptance of the output analysis\n\n"
        "Written by `python -m benchmarks.acceptance` from what it measures itself (O5, O8, O9) and from\n"
        "`coverage.md`, `selection.md` and `pairing.md` beside it. Tests lie under `tests/`.\n\n"
        "| figure | asked | measured | met | tested in |\n| --- | --- | --- | --- | --- |\n"
    )
    text = head + "\n".join(rows) + "\n"
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
