"""How often a decision runs its twins where a file leaves that open.

With ``replications: auto`` differences are to be known as in a comparison (`twin.precision`): luck as narrow
as half of what matters, or as half of what replications do not narrow. Decisions run many twins, so there are no more
replications than `BUDGET` in all. The model's part is left out: a grade must not decide what is run, since it is no
part of a decision's name.
"""

from collections.abc import Sequence
from typing import Final

from twin.answer import Answer
from twin.decide.trials import Trials
from twin.experiment import cap, wanted_of
from twin.precision import more_for, reached
from twin.scenario import Experiment

BUDGET: Final = 4_000
"""Replications of all twins together up to which ``auto`` makes a decision surer: some half a minute."""


def enough(
    trials: Trials, experiment: Experiment, numbers: Sequence[int], answer: Answer, *, usual: int, twins: int
) -> int:
    """Give the replications that a file asks for, or as many as make differences known well enough.

    Parameters
    ----------
    trials
        Runs the twins.
    experiment
        Says how many, or ``auto``.
    numbers
        Of the twin as it is, and of those held against it.
    answer
        The figure.
    usual
        Replications to begin with, where the file says ``auto``.
    twins
        How many twins are to run so often.
    """
    asked = experiment.run.replications
    if asked != "auto":
        return trials.whole(asked)
    done, together = trials.whole(usual), max(trials.members, 1)
    most = min(BUDGET // twins // together * together, cap(trials.members))
    wanted = wanted_of(experiment, trials.members, max(done, most))
    while True:
        base, *others = trials.values(numbers, answer, 0, done)
        known = (reached(base, values, trials.numbers(0, done)) for values in others)
        more = more_for((each for each in known if each is not None), wanted, done)
        if not more:
            return done
        done += more
