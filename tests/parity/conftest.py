"""Every random twin is drawn anew.

Of six examples Hypothesis makes five by copying parts of one to other places of it. Small twins have ties without that,
and copies are alike: of 150 twins, 87 differed in which keys they have, and 145 where each is drawn anew. There is no
setting for it; where Hypothesis calls it otherwise one day, the twins are alike again, and nothing else happens.
"""

from collections.abc import Iterator

import pytest
from hypothesis.internal.conjecture import engine


@pytest.fixture(scope="session", autouse=True)
def _drawn_anew() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.ConjectureRunner, "generate_mutations_from", lambda *_: None, raising=False)
        yield
