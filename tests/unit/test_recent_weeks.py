"""The last weeks tell the level of demand where it has changed, as far as the log holds them."""

import numpy as np
import pytest

from calibration.recent_weeks import recent_weeks

WHOLE = 20.0
HELD = np.append(np.ones(22), [0.75, 0.5, 0.25, 0.1])
CHANGE = np.repeat([1.0, 3.0], [12, 14])


def test_where_nothing_changed_all_weeks_tell() -> None:
    assert recent_weeks(WHOLE * HELD, WHOLE * HELD, WHOLE) == HELD.size


@pytest.mark.parametrize(("held", "weeks"), [(np.ones(26), 4), (HELD, 7)], ids=["all held", "the last ones in part"])
def test_a_window_holds_as_much_as_four_whole_weeks(held: np.ndarray, weeks: int) -> None:
    assert recent_weeks(WHOLE * held * CHANGE, WHOLE * held, WHOLE) == weeks
