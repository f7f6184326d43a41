"""How far a learned twin can be believed: its ensemble, a verdict on each parameter, and what the log may hide."""

from collections.abc import Sequence
from dataclasses import replace

from calibration.ensemble import MEMBERS, Show, draw_ensemble, read_basis
from calibration.evidence import STARTS, Evidence
from calibration.fit import Fit
from calibration.hidden_work import hidden_evidence
from calibration.verdicts import judged
from twin.engine.telling import Tell, silent
from twin.ensemble import Ensemble


def believed(
    fit: Fit,
    assumptions: Sequence[Evidence] = (),
    *,
    members: int = MEMBERS,
    tell: Tell = silent,
    show: Show = lambda _done, _planned: None,
) -> tuple[Fit, Ensemble | None]:
    """Draw the ensemble of a twin and judge its parameters.

    Parameters
    ----------
    fit
        The twin, its evidence and its log.
    assumptions
        What reading the log had to assume; stages whose starts were not recorded are named there.
    members
        Members of the ensemble; 0 for none.
    tell
        Called with one line where an engine has to be compiled first.
    show
        Called with (done, planned) after each member.

    Returns
    -------
    tuple
        The fit with verdicts and what is hidden in its evidence, and the ensemble.
    """
    basis = read_basis(fit)
    ensemble = draw_ensemble(basis, members=members, tell=tell, show=show) if members else None
    starts = {each.path.removeprefix(STARTS) for each in assumptions if each.path.startswith(STARTS)}
    # a stage of one group is named ``Active (70)``, see `calibration.groups`
    starts |= {stage for stage in basis.observed.stages if stage.rpartition(" (")[0] in starts}
    hidden = hidden_evidence(basis.observed, basis.teams, basis.hours, starts)
    evidence = judged((*fit.evidence, *hidden), fit.twin, ensemble)
    return replace(fit, evidence=evidence), ensemble
