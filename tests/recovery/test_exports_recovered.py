"""However an organisation is exported, the twin learned from it has its demand, its lead times and its ways."""

import pytest

from benchmarks.exports import END, EXPORTS, RATE, learned, organisation, worked
from twin.units import WEEK

LOG = worked(organisation("100 h"), seed=3)


CLOSE = 0.12
UNTOLD = 0.25
"""Nothing says whether visits are missing at the end of the log."""


@pytest.mark.parametrize("export", EXPORTS)
def test_half_a_year_of_it_says_what_comes_how_long_it_takes_and_where_it_goes(export: str) -> None:
    found = learned(LOG, EXPORTS[export](LOG.frame, END - 26 * WEEK))
    assert found == pytest.approx((RATE, 70, 0.6), rel=UNTOLD if export == "ended visits since" else CLOSE)
