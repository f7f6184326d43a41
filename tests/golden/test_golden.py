"""The logs of three small twins are what they were, byte for byte. Meant to change? ``make golden``, and say why."""

import pytest
from golden.refresh import FOLDER, logs

from twin.engine import Engine


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("name", ["delivery", "desk", "grown"])
def test_the_log_is_what_it_was(name: str, engine: Engine) -> None:
    assert logs(engine)[name].write_csv() == (FOLDER / f"{name}.csv").read_text(encoding="utf-8")


def test_the_change_of_the_third_twin_shows() -> None:
    assert not logs()["delivery"].equals(logs()["grown"])
