"""A file of aggregated metrics is read as dashboards write it, and what is wrong in it has its line."""

from pathlib import Path

import polars as pl
import pytest
from commands import call

from calibration.organisation import organisation_of
from calibration.priors import prior_of
from calibration.sources.aggregates import Aggregates, is_metrics, read_aggregates
from calibration.sources.metric_names import read_metric
from twin.errors import InputError

HEAD = "period_start,metric,stage,team,type,value\n"


def write(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "metrics.csv"
    path.write_text(head + "\n".join(rows) + "\n")
    return path


def read(folder: Path, *rows: str, head: str = HEAD) -> Aggregates:
    return read_aggregates(write(folder, *rows, head=head))


def refused(folder: Path, *rows: str) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, *rows)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Cycle Time P85 (days)", "cycle_time_p85"),
        ("CycleTimeP95", "cycle_time_p95"),
        ("median lead time", "lead_time_p50"),
        ("85th percentile lead time", "lead_time_p85"),
        ("head-count", "people"),
        ("WIP", "wip"),
        ("utilization", "utilisation"),
        ("SLA within 10 d", "sla_share 240 h"),
        ("completed items", "throughput"),
    ],
)
def test_metrics_are_known_by_the_names_dashboards_use(written: str, told: str) -> None:
    assert read_metric(written).told() == told


def test_a_file_of_metrics_is_told_from_its_columns(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("case_id,activity,start_time,end_time\n1,a,2026-01-05T09:00Z,2026-01-05T10:00Z\n")
    assert (is_metrics(write(tmp_path, "2026-01-05,wip,,,,3")), is_metrics(log)) == (True, False)


def test_values_carry_units_and_become_hours_and_shares(tmp_path: Path) -> None:
    given = read(tmp_path, "2026-01-05,lead_time_p85,,,,3 d", "2026-01-05,utilisation,,ops,,85 %")
    assert [each.values.tolist() for each in given.series] == [[72.0], [0.85]]


def test_times_without_a_unit_are_read_by_littles_law(tmp_path: Path) -> None:
    rows = ("2026-01-05,throughput,,,,10", "2026-01-05,wip,,,,20")
    days = read(tmp_path, *rows, "2026-01-05,lead_time,,,,14")
    hours = read(tmp_path, *rows, "2026-01-05,lead_time,,,,336")
    assert [given.series[2].values.tolist() for given in (days, hours)] == [[336.0], [336.0]]
    assert "times without a unit were read as days" in days.notices[0]


def test_weeks_months_and_iso_weeks_are_periods(tmp_path: Path) -> None:
    given = read(tmp_path, "2026-01,arrivals,,,,40", "2026-02,arrivals,,,,30", "2026-W02,wip,,,,7", "2026-W03,wip,,,,7")
    assert [(each.ends - each.starts).tolist() for each in given.series] == [[31, 28], [7, 7]]


def test_missing_periods_are_named(tmp_path: Path) -> None:
    given = read(tmp_path, *(f"2026-01-{day:02},arrivals,,,,9" for day in (5, 12, 26)))
    assert given.notices == ("missing: arrivals of all from 2026-01-19 to 2026-01-25",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-01-12,cycletim,,,,3", "metrics.csv:3: 'cycletim' is not a metric. Did you mean 'cycle_time'?"),
        ("2026-01-12,wip,,,,many", "metrics.csv:3: 'many' is not a number"),
        ("2026-01-12,wip,,,,-1", "metrics.csv:3: '-1' is negative"),
        ("2026-01-12,wip,,,,nan", "metrics.csv:3: 'nan' is not a number"),
        ("2026-01-12,lead_time,,,,3 parsecs", "metrics.csv:3: 'parsecs' is not a unit of time"),
        ("2026-01-12,utilisation,,ops,,140 %", "metrics.csv:3: '140 %' is more than all of it"),
        ("2026-01-12,utilisation,,ops,,1.2", "metrics.csv:3: utilisation 1.2 is more than all of it"),
        ("2026-01-12,people,,ops,,0", "metrics.csv:3: nobody is there"),
        ("2026-W60,wip,,,,3", "metrics.csv:3: '2026-W60' is no date"),
        ("2026-02-30,wip,,,,3", "metrics.csv:3: '2026-02-30' is no date"),
        (",wip,,,,3", "metrics.csv:3: '' is no date"),
        ("2026-01-12,sla_share,,,,90 %", "metrics.csv:3: 'sla_share': say within how long"),
        ("2026-01-12,wip_p85,,,,3", "metrics.csv:3: 'wip_p85': percentiles are of lead_time and cycle_time"),
        ("2026-01-12,people,,,bug,3", "metrics.csv:3: people is of a team, not of the type 'bug'"),
        ("2026-01-05,wip,,,,4", "metrics.csv:3: wip of all stands in line 2 already"),
        ("2026-01-08,wip,,,,4", "metrics.csv:3: wip of all: the period from 2026-01-08 overlaps that from 2026-01-05"),
        ("2029-01-08,wip,,,,4", "comes 1092 days after the one before"),
        ("2026-01-12,wip,4", "metrics.csv:3: other number of fields than the header"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    assert said in refused(tmp_path, "2026-01-05,wip,,,,3", row)


def test_all_bad_rows_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = refused(tmp_path, "2026-01-05,wip,,,,x", "2026-01-12,wip,,,,3", "2026-01-19,wibble,,,,3").splitlines()
    assert [line.partition("metrics.csv:")[2][0] for line in lines] == ["2", "4"]


def test_percentiles_that_fall_are_impossible(tmp_path: Path) -> None:
    said = refused(tmp_path, "2026-01-05,lead_time_p50,,,,5 d", "2026-01-05,lead_time_p85,,,,4 d")
    assert "metrics.csv:3: lead_time: p85 is below p50 of line 2" in said


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    rows = ("2026-01-05,arrivals,build,,,9.5", "2026-01-12,arrivals,build,,,11")
    csv = write(tmp_path, *rows)
    pl.read_csv(csv, try_parse_dates=True).write_parquet(tmp_path / "metrics.parquet")
    read_csv, read_parquet = read_aggregates(csv), read_aggregates(tmp_path / "metrics.parquet")
    assert read_csv.series[0].values.tolist() == read_parquet.series[0].values.tolist() == [9.5, 11.0]
    assert read_csv.series[0].starts.tolist() == read_parquet.series[0].starts.tolist()


def test_stages_stand_in_the_order_of_the_file_and_teams_serve_them_in_order(tmp_path: Path) -> None:
    given = read(
        tmp_path, "2026-01-05,wip,build,,,9", "2026-01-05,wip,check,,,3", "2026-01-05,people,,makers,,4",
        "2026-01-05,people,,testers,,2.4",
    )  # fmt: skip
    known = organisation_of(given)
    assert (known.stages, known.teams, known.serving, known.people) == (
        ("build", "check"), ("makers", "testers"), (0, 1), (4.0, 2.4),
    )  # fmt: skip
    assert "build=makers, check=testers" in " ".join(known.assumed)


def test_who_serves_what_can_be_told(tmp_path: Path) -> None:
    given = read(tmp_path, "2026-01-05,wip,check,,,9", "2026-01-05,wip,build,,,3", "2026-01-05,people,,ops,,4")
    known = organisation_of(given, stages=("build=ops", "check=ops"), hours="always")
    assert (known.stages, known.teams, known.serving, known.assumed) == (("build", "check"), ("ops",), (0, 0), ())


def test_each_type_of_work_comes_at_its_own_rate(tmp_path: Path) -> None:
    rows = ("2026-01-05,arrivals,,,bug,9", "2026-01-05,throughput,,,feature,4")
    both, one = read(tmp_path, *rows), read(tmp_path, rows[0])
    assert prior_of(both, organisation_of(both)).rate.tolist() == [9.0, 4.0]
    assert prior_of(one, organisation_of(one)).rate.tolist() == [9.0]


@pytest.mark.parametrize(
    ("stages", "hours", "said"),
    [
        (("bild",), None, "'build' is not a stage of --stages. Did you mean 'bild'?"),
        ((), "all day", "--hours 'all day': write mon-fri 09:00-17:00, or always"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path: Path, stages: tuple[str, ...], hours: str | None, said: str) -> None:
    with pytest.raises(InputError) as caught:
        organisation_of(read(tmp_path, "2026-01-05,wip,build,,,9"), stages=stages, hours=hours)
    assert said in str(caught.value)


def test_options_for_metrics_are_refused_for_logs(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("case_id,activity,start_time,end_time\n1,a,2026-01-05T09:00Z,2026-01-05T10:00Z\n")
    said = call("calibrate", log, "--hours", "always", "--out", tmp_path / "ours")
    assert (said.code, "--hours is for a file of metrics" in said.err) == (2, True)
