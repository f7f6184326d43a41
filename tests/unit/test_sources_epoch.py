"""Times near 1970 are a simulation's clock, a wrong unit or none at all; one alone among others stands for no time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.sources import Reading, read_log
from calibration.sources.epoch import SIMULATED
from calibration.sources.rows import IMPLAUSIBLE
from twin.errors import InputError
from twin.units import DAY, HOUR, SECOND

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARCH_2024 = 19_783 * DAY


def log_of(folder: Path, begun: list[int], *, lasting: int = HOUR) -> Path:
    """Write a log of visits that begin at instants, in milliseconds since 1970."""
    path = folder / "log.csv"
    times = [tuple((EPOCH + timedelta(milliseconds=at)).isoformat() for at in (one, one + lasting)) for one in begun]
    rows = [f"K-{n},build,Ada,{start},{end}" for n, (start, end) in enumerate(times)]
    path.write_text("\n".join(["case_id,activity,resource,start_time,end_time", *rows]) + "\n")
    return path


def read(path: Path, zone: str | None = None) -> Reading:
    return read_log([path], zone=zone)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    return str(caught.value)


@pytest.mark.parametrize("every", [HOUR // 10, 5 * HOUR, 5 * DAY], ids=["half a day", "weeks", "more than a year"])
def test_the_clock_of_a_simulation_is_read_as_it_stands_and_that_is_told(tmp_path: Path, every: int) -> None:
    reading = read(log_of(tmp_path, [n * every for n in range(100)]))
    assert (reading.log.start, reading.intake.noticed[SIMULATED]) == (EPOCH, 100)


def test_a_few_other_times_beside_a_simulations_are_rejected(tmp_path: Path) -> None:
    reading = read(log_of(tmp_path, [*(n * HOUR for n in range(200)), MARCH_2024]))
    assert dict(reading.intake.rejected) == {IMPLAUSIBLE: 1}


def test_seconds_taken_for_milliseconds_are_refused_with_what_they_seem_to_be(tmp_path: Path) -> None:
    seconds = [(MARCH_2024 + n * DAY) // 1000 for n in range(100)]
    message = refusal(log_of(tmp_path, seconds, lasting=SECOND))
    assert "100 of 100 rows are rejected" in message
    assert "log.csv:2: 100 rows: implausible time" in message
    assert (
        "between 1970-01-20 18:47 and 1970-01-20 21:10: seconds since 1970 were taken for milliseconds, it seems, of "
        "2024-03-01 00:00 to 2024-06-08 00:16. Write them anew, times 1,000"
    ) in message


@pytest.mark.parametrize("every", [0, SECOND // 10], ids=["the instant 0", "milliseconds taken for nanoseconds"])
def test_times_that_are_hardly_apart_are_none(tmp_path: Path, every: int) -> None:
    message = refusal(log_of(tmp_path, [n * every for n in range(100)], lasting=SECOND))
    assert "whoever wrote it had none, or numbers were taken in too small a unit" in message


@pytest.mark.parametrize("early", [1, 50, 98])
def test_times_of_1970_among_others_stay_rejected_with_their_rows(tmp_path: Path, early: int) -> None:
    times = [n * HOUR + (0 if n < early else MARCH_2024) for n in range(100)]
    reading = read_log([log_of(tmp_path, times)], accept_rejects=True)
    assert (dict(reading.intake.rejected), SIMULATED in reading.intake.noticed) == ({IMPLAUSIBLE: early}, False)


def test_of_two_files_only_one_of_which_a_simulation_wrote_the_smaller_is_refused(tmp_path: Path) -> None:
    (tmp_path / "simulated").mkdir()
    early = log_of(tmp_path / "simulated", [n * HOUR for n in range(50)])
    late = log_of(tmp_path, [MARCH_2024 + n * HOUR for n in range(100)])
    with pytest.raises(InputError, match="50 of 150 rows are rejected"):
        read_log([early, late])
