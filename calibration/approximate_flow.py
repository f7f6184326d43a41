"""What queueing theory says of a twin beforehand, roughly: features on which its figures are regressed.

A visit to a stage takes its time in service S, and waits for one of c people of load r about

    W = S (1 + cv^2) / 2 x r^(sqrt(2 (c + 1)) - 1) / (c (1 - r)),

and after time t from an empty beginning not much longer than sqrt(S (1 + cv^2) t / 2 c), which comes of putting
sqrt((1 - r)^2 + S (1 + cv^2) / 2 c t) for 1 - r. Time there is S + W + delay; with visits v of an item and arrivals a,
WIP there is a v (S + W + delay), by Little's law. All of it goes into the regression as logarithms and shares, and what
theory gets wrong is left to the regression.

Source: Sakasegawa (1977), An approximation formula L_q = a b^c / (1 - b), Annals of the Institute of Statistical
Mathematics 29; the bound is that of a random walk reflected at nothing.
Units: hours of the clock.
"""

import numpy as np
from numpy.typing import NDArray

from calibration.organisation import Organisation
from calibration.priors import CVS, HOURS_A_WEEK, Settings, visits_of

Floats = NDArray[np.float64]


def features_of(known: Organisation, settings: Settings, *, weeks: float) -> Floats:
    """Tell roughly what runs of twins will show.

    Parameters
    ----------
    known
        The organisation.
    settings
        Of many twins.
    weeks
        How long a run has been going on when it is looked at.

    Returns
    -------
    NDArray
        Shape (twins, features).
    """
    serving = np.array(known.serving)
    people, load = settings.people[:, serving], settings.load[:, serving]
    service = settings.effort / settings.available[:, serving] * (HOURS_A_WEEK / known.weekly_hours)
    cv = np.array(CVS)[settings.cv]
    varying = service * (1 + cv**2) / 2 / people
    free = np.sqrt((1 - load) ** 2 + varying / (weeks * HOURS_A_WEEK))
    wait = varying * load ** (np.sqrt(2 * (people + 1)) - 1) / free
    here = service + wait + settings.delay
    visits = visits_of(settings.rework)
    rate = settings.rate.sum(axis=1, keepdims=True)
    whole = (visits * here).sum(axis=1, keepdims=True)
    begun = whole - wait[:, :1] - settings.delay[:, :1]
    return np.column_stack(
        [
            *(
                np.log(each)
                for each in (settings.rate, visits, rate * visits * here, whole, begun, free, settings.load)
            ),
            np.log(cv),
            wait / here,
            settings.delay / here,
        ]
    )
