"""All that metrics are made of, in one pass over rows and waits; as `twin.tally.counted` does from columns.

Each row is added to its item's stay and to its team's busy ticks, each wait is taken off both, and each stay to the
sums of its scopes. Visits that the window cuts are only listed, since working hours say how much of them is inside.
Ticks and counts, all of them integers.
"""

import numpy as np

from twin.causes import DURING_SERVICE
from twin.engine.kernel.arrays import FOREVER, Ints
from twin.engine.kernel.jit import at, door, inlined
from twin.engine.kernel.totals import (
    AREA,
    ARRIVALS,
    ARRIVED,
    CAME,
    CYCLE,
    CYCLES,
    CYCLES_END,
    DONE,
    EARLY,
    ENDED,
    ENTERED,
    FIRST_START,
    GIVEN_UP,
    INSIDE,
    IS_OPEN,
    KEPT,
    LEAD,
    LEADS,
    LEADS_END,
    LEFT,
    PROMISED,
    REFUSED,
    SPENT,
    WASTED,
    WORK,
    WORK_DONE,
    WORKED,
    Totals,
)  # fmt: skip
from twin.eventlog import NEVER
from twin.rows import CANCELLED, CAUSE_BITS, FLAG_BITS, HALF, LOW, TOGETHER, TURNED_AWAY
from twin.units import WEEK

CAUSES = (1 << CAUSE_BITS) - 1
MISSING = NEVER >> HALF
LEFT_EARLY = CANCELLED | TURNED_AWAY

OUTSIDE, WITHIN, CUT = 0, 1, 2


@door
def counts(rows: Ints, waits: Ints, window: tuple[int, int], promises: Ints, totals: Totals) -> int:
    """Count; gives how many visits the window cuts."""
    since, until = window
    for item in range(totals.stays.shape[0]):
        stay = totals.stays[at(item)]
        stay[ARRIVED] = stay[FIRST_START] = FOREVER
        stay[LEFT] = NEVER
    cuts = 0
    for number in range(rows.shape[0]):
        row = rows[at(number)]
        add_to_stay(row, totals.stays[at(row[0] >> (2 * HALF))])
        cuts = add_to_team(number, row, since, until, totals, cuts)
    for number in range(waits.shape[0]):
        take_off(waits[at(number)], rows, since, until, totals, cuts)
    before = 0
    for item in range(totals.stays.shape[0]):
        before += add_to_week(totals.stays[at(item)], since, totals.weekly)
    add_up_weeks(totals.weekly, before)
    add_up_scopes(since, until, promises, totals)
    return cuts


@inlined
def add_to_stay(row: Ints, stay: Ints) -> None:
    """Add a visit to the stay of its item."""
    enabled, started, finished = row[1] >> HALF, row[3] >> HALF, row[4] >> HALF
    stay[WORK] = (row[4] & LOW) >> FLAG_BITS
    stay[EARLY] |= row[4] & LEFT_EARLY
    if enabled != MISSING:
        stay[ARRIVED] = min(stay[ARRIVED], enabled)
    if started != MISSING:
        stay[FIRST_START] = min(stay[FIRST_START], started)
    if finished == MISSING:
        stay[IS_OPEN] = 1
        return
    stay[LEFT] = max(stay[LEFT], finished)
    if started != MISSING:
        stay[WORKED] += finished - started


@inlined
def add_to_team(number: int, row: Ints, since: int, until: int, totals: Totals, cuts: int) -> int:
    """Add a visit within the window to its team's; list it where the window cuts it. Gives how many are listed."""
    where, started, finished = place(row, since, until), row[3] >> HALF, row[4] >> HALF
    if where == WITHIN:
        totals.busy[at(row[1] & LOW)] += finished - started
    elif where == CUT:
        totals.cut[at(cuts), 0] = number
        totals.cut[at(cuts), 1] = 0 if finished == MISSING else finished - started
        return cuts + 1
    return cuts


@inlined
def place(row: Ints, since: int, until: int) -> int:
    """Tell where the service of a visit lies, if its team counts it."""
    started, finished = row[3] >> HALF, row[4] >> HALF
    if started == MISSING or started >= until or row[4] & TOGETHER:
        return OUTSIDE
    if finished == MISSING:
        return CUT
    if finished <= since:
        return OUTSIDE
    return WITHIN if started >= since and finished <= until else CUT


@inlined
def take_off(wait: Ints, rows: Ints, since: int, until: int, totals: Totals, cuts: int) -> None:
    """Take a wait during a finished service off the ticks worked."""
    number, ticks = wait[0] >> CAUSE_BITS, wait[2]
    row = rows[at(number)]
    if wait[0] & CAUSES < DURING_SERVICE or row[3] >> HALF == MISSING or row[4] >> HALF == MISSING:
        return
    totals.stays[at(row[0] >> (2 * HALF)), at(WORKED)] -= ticks
    where = place(row, since, until)
    if where == WITHIN:
        totals.busy[at(row[1] & LOW)] -= ticks
    elif where == CUT:
        totals.cut[at(listed(number, totals.cut, cuts)), 1] -= ticks


@inlined
def listed(number: int, cut: Ints, cuts: int) -> int:
    """Find a row among those listed, which are in order."""
    low, high = 0, cuts
    while low < high:
        middle = (low + high) >> 1
        if cut[at(middle), 0] < number:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def is_done(stay: Ints) -> bool:
    """Tell whether all is known of an item, from its arrival until it was done."""
    return bool((stay[IS_OPEN] | stay[EARLY]) == 0 and stay[ARRIVED] != FOREVER)


@inlined
def add_to_week(stay: Ints, since: int, weekly: Ints) -> int:
    """Add a stay's arrival and end to their weeks; gives 1 where it began before them all and did not end, else 0."""
    if stay[ARRIVED] == FOREVER:
        return 0
    before = enter(stay[ARRIVED], 1, since, weekly)
    if stay[ARRIVED] >= since and (stay[ARRIVED] - since) // WEEK < weekly.shape[0]:
        weekly[at((stay[ARRIVED] - since) // WEEK), at(ARRIVALS)] += 1
    if stay[IS_OPEN]:
        return before
    if is_done(stay) and stay[LEFT] >= since and (stay[LEFT] - since) // WEEK < weekly.shape[0]:
        weekly[at((stay[LEFT] - since) // WEEK), at(DONE)] += 1
    return before + enter(stay[LEFT], -1, since, weekly)


@inlined
def enter(tick: int, sign: int, since: int, weekly: Ints) -> int:
    """Let one more or less be inside from a tick on; gives the sign where that was before all weeks, else 0."""
    if tick < since:
        return sign
    week = (tick - since) // WEEK
    if week < weekly.shape[0]:
        weekly[at(week), at(ENTERED)] += sign
        weekly[at(week), at(AREA)] += sign * (since + (week + 1) * WEEK - tick)
    return 0


@inlined
def add_up_weeks(weekly: Ints, before: int) -> None:
    """Let who entered one week be inside for all of those that follow."""
    inside = before
    for week in range(weekly.shape[0]):
        weekly[at(week), at(AREA)] += inside * WEEK
        inside += weekly[at(week), at(ENTERED)]


@inlined
def add_up_scopes(since: int, until: int, promises: Ints, totals: Totals) -> None:
    """Add every stay to the sums of its work type, those to the sums of all, and list the times by scope."""
    sums, last = totals.sums, totals.sums.shape[1] - 1
    for item in range(totals.stays.shape[0]):
        stay = totals.stays[at(item)]
        work = at(stay[WORK])
        sums[INSIDE, work] += inside(stay, since, until)
        add_early(stay, since, until, sums, work)
        if is_done(stay) and since <= stay[LEFT] < until:
            add_done(stay, promises[work], sums, work)
    for kind in range(sums.shape[0]):
        for each in range(last):
            sums[at(kind), at(last)] += sums[at(kind), at(each)]
    leads, cycles = 0, 2 * sums[LEADS, at(last)]
    for scope in range(last + 1):
        sums[LEADS_END, at(scope)], sums[CYCLES_END, at(scope)] = leads, cycles
        leads, cycles = leads + sums[LEADS, at(scope)], cycles + sums[CYCLES, at(scope)]
    list_times(since, until, totals)


@inlined
def inside(stay: Ints, since: int, until: int) -> int:
    """Give how long an item was inside during the window."""
    if stay[ARRIVED] == FOREVER:
        return 0
    left: int = until if stay[IS_OPEN] else stay[LEFT]
    arrived: int = stay[ARRIVED]
    return min(max(left, since), until) - min(max(arrived, since), until)


@inlined
def add_early(stay: Ints, since: int, until: int, sums: Ints, work: np.uintp) -> None:
    """Add an item that arrived in the window, or ended in it, to what is told of those that leave early."""
    if since <= stay[ARRIVED] < until:
        sums[CAME, work] += 1
        sums[REFUSED, work] += stay[EARLY] == TURNED_AWAY
    if stay[IS_OPEN] or stay[EARLY] == TURNED_AWAY or not since <= stay[LEFT] < until:
        return
    sums[ENDED, work] += 1
    sums[SPENT, work] += stay[WORKED]
    if stay[EARLY] == CANCELLED:
        sums[GIVEN_UP, work] += 1
        sums[WASTED, work] += stay[WORKED]


@inlined
def add_done(stay: Ints, promise: int, sums: Ints, work: np.uintp) -> None:
    """Add an item done inside the window to its work type."""
    lead = stay[LEFT] - stay[ARRIVED]
    sums[WORK_DONE, work] += stay[WORKED]
    sums[LEADS, work] += 1
    sums[LEAD, work] += lead
    if promise != NEVER:
        sums[PROMISED, work] += 1
        sums[KEPT, work] += lead <= promise
    if stay[FIRST_START] != FOREVER:
        sums[CYCLES, work] += 1
        sums[CYCLE, work] += stay[LEFT] - stay[FIRST_START]


@inlined
def list_times(since: int, until: int, totals: Totals) -> None:
    """List the times of the items done inside the window, by work type and once more all together."""
    last = at(totals.sums.shape[1] - 1)
    for item in range(totals.stays.shape[0]):
        stay = totals.stays[at(item)]
        if not (is_done(stay) and since <= stay[LEFT] < until):
            continue
        for scope in (at(stay[WORK]), last):
            append(LEADS_END, scope, stay[LEFT] - stay[ARRIVED], totals)
            if stay[FIRST_START] != FOREVER:
                append(CYCLES_END, scope, stay[LEFT] - stay[FIRST_START], totals)


@inlined
def append(end: int, scope: np.uintp, ticks: int, totals: Totals) -> None:
    """List one more time of a scope."""
    totals.times[at(totals.sums[end, scope])] = ticks
    totals.sums[end, scope] += 1
