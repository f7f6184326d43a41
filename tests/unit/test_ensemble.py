"""An ensemble is kept beside its twin, belongs to that twin alone, and moves with the data only."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from commands import TWIN, call
from tiny import listed, twin, work

from calibration.ensemble import draw_ensemble, read_basis
from calibration.fit import Fit, fit_twin
from calibration.folder import ENSEMBLE
from calibration.folder import TWIN as TWIN_FILE
from tests.observed_logs import Row, log_of
from twin.ensemble import Ensemble, read_ensemble, write_ensemble
from twin.errors import InputError
from twin.project import load_twin
from twin.scenario import full_form
from twin.spec import Twin

ONE = twin({"team": 1}, {"desk": "team"}, {"item": work(listed(0), ("desk", "3 h"))})
TWO = twin({"team": 2}, {"desk": "team"}, {"item": work(listed(0), ("desk", "3 h"))})


def test_members_are_read_back_as_they_were(tmp_path: Path) -> None:
    write_ensemble(tmp_path, ONE, Ensemble("by hand", (TWO, ONE)))
    assert read_ensemble(tmp_path, ONE) == Ensemble("by hand", (TWO, ONE))


def test_a_folder_without_an_ensemble_has_none(tmp_path: Path) -> None:
    assert read_ensemble(tmp_path, ONE) is None


def test_the_ensemble_of_a_twin_edited_since_is_left_unused(tmp_path: Path) -> None:
    write_ensemble(tmp_path, ONE, Ensemble("by hand", (TWO,)))
    assert read_ensemble(tmp_path, TWO) is None


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "cannot be read"),
        (lambda _: "", "cannot be read"),
        (lambda text: text.split("\n", 1)[0] + "\n", "holds 0 of 2 twins"),
        (lambda text: text.replace('"people":2', '"people":"two"'), "people"),
    ],
    ids=["cut off", "empty", "head only", "no number"],
)
def test_a_damaged_ensemble_is_refused_with_its_path(tmp_path: Path, damage: object, said: str) -> None:
    file = write_ensemble(tmp_path, ONE, Ensemble("by hand", (TWO, ONE)))
    assert callable(damage)
    file.write_text(damage(file.read_text()))
    with pytest.raises(InputError) as caught:
        read_ensemble(tmp_path, ONE)
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


def desk(*, shuffled: bool = False) -> Fit:
    """Sixty claims, two a day, take an hour or two; every twentieth is looked at by a specialist."""
    rows: list[Row] = [
        (k, "desk", "ab"[k % 2], 24 * (k // 2) + 9 + 3 * (k % 2), 24 * (k // 2) + 10 + 3 * (k % 2) + k % 7 / 6)
        for k in range(60)
    ]
    rows += [(k, "rare", "c", 24 * (k // 2) + 16, 24 * (k // 2) + 17 + k / 60) for k in range(0, 60, 20)]
    log = log_of(rows)
    frame = log.frame.sample(fraction=1, shuffle=True, seed=5) if shuffled else log.frame
    return fit_twin(replace(log, frame=frame), name="desk")


@cache
def learned() -> Fit:
    return desk()


@cache
def drawn() -> Ensemble:
    return draw_ensemble(read_basis(learned()), members=5)


def names(value: Twin) -> list[tuple[str, ...]]:
    routes = [each.route for each in value.work.values() if each.route is not None]
    return [
        tuple(value.teams),
        tuple(value.stages),
        tuple(value.work),
        *(tuple(route.next) + tuple(route.efforts) for route in routes),
    ]


def test_members_have_the_names_of_their_twin_even_of_rare_stages() -> None:
    assert "rare" in learned().twin.stages
    assert {str(names(member)) for member in drawn().members} == {str(names(learned().twin))}


def test_members_differ_from_each_other_and_from_their_twin() -> None:
    assert len({str(full_form(each)) for each in (learned().twin, *drawn().members)}) == 6


def test_the_order_of_rows_changes_no_member() -> None:
    assert draw_ensemble(read_basis(desk(shuffled=True)), members=2).members == drawn().members[:2]


def test_a_member_does_not_depend_on_how_many_there_are() -> None:
    assert draw_ensemble(read_basis(learned()), members=1).members == drawn().members[:1]


def test_a_log_without_variation_leaves_efforts_where_they_are() -> None:
    rows: list[Row] = [(k, "desk", "a", 24 * k + 9, 24 * k + 10) for k in range(40)]
    fit = fit_twin(log_of(rows), name="same")
    efforts = [fit.twin, *draw_ensemble(read_basis(fit), members=2).members]
    assert len({str(each.work["claim"].route) for each in efforts}) == 1


def test_calibrate_writes_an_ensemble_of_its_twin_and_removes_an_old_one(tmp_path: Path) -> None:
    (tmp_path / "twin.yaml").write_text(TWIN)
    call("simulate", tmp_path / "twin.yaml", "--items", 60, "--out", tmp_path / "log.csv")
    ours = tmp_path / "ours"
    said = call("calibrate", tmp_path / "log.csv", "--out", ours, "--members", 2)
    assert (said.code, said.err) == (0, "")
    found = read_ensemble(ours, load_twin(ours / TWIN_FILE))
    assert found is not None
    assert len(found.members) == 2
    assert "measured" in said.out
    assert "weakly identified" in said.out
    assert "people's time that the log may hide, at most: answer team" in said.out
    assert call("calibrate", tmp_path / "log.csv", "--out", ours, "--members", 0).code == 0
    assert not (ours / ENSEMBLE).exists()
