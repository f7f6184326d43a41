"""What stands beside a twin: the ensemble that a calibration left open, and the grade that a backtest gave."""

from pathlib import Path
from typing import NamedTuple

from twin import credibility, ensemble
from twin.credibility import Credibility, read_credibility
from twin.ensemble import Ensemble, read_ensemble
from twin.project import LoadedExperiment


class Standing(NamedTuple):
    """How far a twin can be believed, as far as its folder says."""

    ensemble: Ensemble | None
    credibility: Credibility | None
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
    earned = read_credibility(folder, loaded.base)
    drawn = None if alone else read_ensemble(folder, loaded.base)
    read = {folder / credibility.FILE: earned} | ({} if alone else {folder / ensemble.FILE: drawn})
    stale = [
        f"{file.name} is left unused: it belongs to the twin as it was before it was edited"
        for file, told in read.items()
        if told is None and file.is_file()
    ]
    if drawn is not None and len(drawn.members) < 2:
        drawn, stale = None, [*stale, f"{ensemble.FILE} is left unused: one twin shows no spread"]
    return Standing(drawn, earned, tuple(file for file, told in read.items() if told is not None), tuple(stale))
