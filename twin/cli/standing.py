"""What stands beside a twin: what it rests on, the ensemble that was drawn with it, and the grade of a backtest."""

from pathlib import Path
from typing import NamedTuple

from twin import credibility, ensemble, grounds
from twin.credibility import Credibility, read_credibility
from twin.ensemble import Ensemble, read_ensemble
from twin.grounds import Grounds, read_grounds
from twin.project import LoadedExperiment


class Standing(NamedTuple):
    """How far a twin can be believed, as far as its folder says."""

    ensemble: Ensemble | None
    credibility: Credibility | None
    grounds: Grounds | None
    sources: tuple[Path, ...]  # the files it is read from
    warnings: tuple[str, ...]  # what is there and belongs to another twin, or says nothing


def standing_of(loaded: LoadedExperiment, *, alone: bool = False) -> Standing:
    """Read what stands beside the base twin of an experiment.

    Parameters
    ----------
    loaded
        The experiment.
    alone
        Leave an ensemble unread.

    Raises
    ------
    InputError
        Where a file is damaged.
    """
    folder = loaded.sources[-1].parent
    earned, found = read_credibility(folder, loaded.base), read_grounds(folder, loaded.base)
    drawn = None if alone else read_ensemble(folder, loaded.base)
    read = {folder / credibility.FILE: earned, folder / grounds.FILE: found} | (
        {} if alone else {folder / ensemble.FILE: drawn}
    )
    stale = [
        f"{file.name} is left unused: it belongs to the twin as it was before it was edited"
        for file, told in read.items()
        if told is None and file.is_file()
    ]
    if drawn is not None and len(drawn.members) < 2:
        drawn, stale = None, [*stale, f"{ensemble.FILE} is left unused: one twin shows no spread"]
    return Standing(drawn, earned, found, tuple(file for file, told in read.items() if told is not None), tuple(stale))
