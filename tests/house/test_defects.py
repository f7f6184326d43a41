"""The mistakes that `benchmarks.defects` makes on purpose can still be made, so that the tests can be tried on them."""

import ast
from pathlib import Path

import pytest

from benchmarks.defects import damaged
from benchmarks.mistakes import DEFECTS, Defect

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_mistake_replaces_a_text_that_occurs_once(defect: Defect) -> None:
    text = (ROOT / defect.file).read_text(encoding="utf-8")
    assert ast.dump(ast.parse(damaged(text, defect))) != ast.dump(ast.parse(text))


def test_every_mistake_has_a_name_of_its_own_and_tests_that_exist() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)
    assert all((ROOT / defect.tests[0]).is_file() for defect in DEFECTS)
