"""However an organisation is exported, the twin learned from it has its demand, its lead times and its ways."""

import pytest

from benchmarks.exports import END, EXPORTS, RATE, done_since, learned, organisation, worked
from benchmarks.recovery import known
from calibration.fit import fit_twin
from twin.eventlog import EventLog
from twin.offered import loads
from twin.units import WEEK

LOG = worked(organisation("100 h"), seed=3)
LONG = worked(known(clerks=100, check="300 h"), seed=3)
"""A hundred clerks have nearly all they can do, with visits that take two weeks."""


CLOSE = 0.12
UNTOLD = 0.25
"""Nothing says whether visits are missing at the end of the log."""


@pytest.mark.parametrize("export", EXPORTS)
def test_half_a_year_of_it_says_what_comes_how_long_it_takes_and_where_it_goes(export: str) -> None:
    found = learned(LOG, EXPORTS[export](LOG.frame, END - 26 * WEEK))
    assert found == pytest.approx((RATE, 70, 0.6), rel=UNTOLD if export == "ended visits since" else CLOSE)


@pytest.mark.parametrize("weeks", [2, 4, 26])
def test_a_team_that_coped_copes_in_the_twin_of_what_was_done_in_the_last_weeks(weeks: int) -> None:
    found = fit_twin(EventLog(done_since(LONG.frame, END - weeks * WEEK), LONG.start, LONG.zone, END), name="twin").twin
    assert max(loads(found).values()) <= 1
