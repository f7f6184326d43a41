"""Mistakes that are easily made in a simulator, each as a text to replace and the tests that must notice it.

Tests are arguments of pytest. A mistake in the reference is noticed by hand-computed traces, kept logs or theory; one
in the compiled kernel by holding it to the reference; one in figures by figures worked out by hand.
"""

from typing import Final, NamedTuple

Tests = tuple[str, ...]


class Defect(NamedTuple):
    """A mistake."""

    name: str
    file: str
    old: str  # occurs exactly once in the file
    new: str
    tests: Tests


TRACES: Final = ("tests/unit/test_engine_traces.py", "-k", "reference")
COMPILED_TRACES: Final = ("tests/unit/test_engine_traces.py", "-k", "compiled and not circle")
KEPT_LOGS: Final = ("tests/golden/test_golden.py", "-k", "reference")
RECURSION: Final = ("tests/theory/test_paths.py", "-k", "reference and (M/M or working)")
PARITY: Final = ("tests/parity/test_parity.py",)
DEMAND: Final = ("tests/unit/test_demand.py",)
CALENDARS: Final = ("tests/unit/test_calendars.py",)
METRICS: Final = ("tests/unit/test_metrics.py",)
ESTIMATES: Final = ("tests/unit/test_estimate.py",)
COMPARISON: Final = ("tests/unit/test_compare.py",)
EXPERIMENT: Final = ("tests/unit/test_experiment.py",)
SAMPLING: Final = ("tests/unit/test_sampling.py",)
SELECTION: Final = ("tests/unit/test_selection.py", "-m", "not nightly")
SOLUTION: Final = ("tests/unit/test_solve.py", "-m", "not nightly")

LIMITS: Final = ("tests/unit/test_traces_limits.py", "-k", "reference")
EARLY_LEAVING: Final = ("tests/unit/test_limits.py", "-k", "early")
CHOICE: Final = ("tests/unit/test_traces_choice.py", "-k", "reference")
COMPILED_CHOICE: Final = ("tests/unit/test_traces_choice.py", "-k", "compiled")
COMPILED_LIMITS: Final = ("tests/unit/test_traces_limits.py", "-k", "compiled")
FLOW: Final = ("tests/unit/test_traces_flow.py", "-k", "reference")

REFERENCE: Final = "twin/engine/reference.py"
SERVICE: Final = "twin/engine/service.py"
BOOKS: Final = "twin/engine/books.py"
CHOOSING: Final = "twin/choosing.py"
PLACES: Final = "twin/engine/places.py"
LINES: Final = "twin/engine/lines.py"
SEGMENTS: Final = "twin/engine/segments.py"
PREEMPTION: Final = "twin/engine/preemption.py"
GATE: Final = "twin/engine/gate.py"
CREW: Final = "twin/engine/crew.py"
WAYS: Final = "twin/engine/ways.py"
DRAWS: Final = "twin/engine/draws.py"
KERNEL: Final = "twin/engine/kernel"

QUEUES_AND_PLACES: Final = (
    Defect(
        "last come, first served",
        REFERENCE,
        "self.take_turn = count().__next__",
        "self.take_turn = count(0, -1).__next__",
        TRACES,
    ),
    Defect(
        "the least urgent first",
        CHOOSING,
        "return work.priority if service is None else service.rank",
        "return -work.priority if service is None else service.rank",
        TRACES,
    ),
    Defect(
        "priority where a team works first come first served",
        CHOOSING,
        "return 0, RULES[queue], 0",
        "return rank, RULES[queue], 0",
        TRACES,
    ),
    Defect(
        "rework goes to the head of the queue",
        REFERENCE,
        "turn = self.take_turn()",
        "turn = self.take_turn() - (item.visit << 40)",
        TRACES,
    ),
    Defect(
        "of items done at one instant the later one first",
        SERVICE,
        "floor.env.schedule(item.done, item.order, finished - now)",
        "floor.env.schedule(item.done, (1 << 60) - item.index, finished - now)",
        TRACES,
    ),
    Defect(
        "one item more than the WIP limit",
        PLACES,
        "self.taken[limit] >= self.most[limit]",
        "self.taken[limit] > self.most[limit]",
        TRACES,
    ),
    Defect(
        "no place kept upstream while an item waits to be let in",
        REFERENCE,
        "        item.origin, item.stage = item.stage, stage\n",
        "        if item.stage not in {NONE, stage}:\n"
        "            self.free_place(item.stage)\n"
        "        item.origin = stage if item.stage == stage else NONE\n"
        "        item.stage = stage\n",
        TRACES,
    ),
)

WHO_GOES_FIRST: Final = (
    Defect("the last come goes last", LINES, "return -turn", "return turn", CHOICE),
    Defect(
        "the youngest of equal priority first where priorities age",
        CHOOSING,
        "work.priority * queue.ageing",
        "-work.priority * queue.ageing",
        CHOICE,
    ),
    Defect("the least cost of delay first", LINES, "return -whole(floor.weight", "return whole(floor.weight", CHOICE),
    Defect("equals interrupt each other", PREEMPTION, "and mine > theirs:", "and mine >= theirs:", CHOICE),
    Defect("what is as short interrupts", PREEMPTION, "(mine, ticks) > (theirs,", "(mine, ticks) >= (theirs,", CHOICE),
    Defect("who started first is interrupted", PREEMPTION, "standing > worst", "standing < worst", CHOICE),
    Defect("interrupted work begins anew", SEGMENTS, "item.effort = left(floor, item)", "item.effort += 0.0", CHOICE),
    Defect(
        "interrupted work goes to the end of the line",
        SEGMENTS,
        "item.place = rank, key, turn",
        "item.place = rank, key, floor.take_turn()",
        CHOICE,
    ),
    Defect(
        "interrupted work stands in line by its whole effort",
        SEGMENTS,
        "key = whole(item.effort)",
        "key = key + 0",
        CHOICE,
    ),
    Defect(
        "kernel: what is as short interrupts",
        f"{KERNEL}/preemption.py",
        "ticks > hall.ranked[at(first)].key",
        "ticks >= hall.ranked[at(first)].key",
        COMPILED_CHOICE,
    ),
    Defect(
        "kernel: a void end frees a person",
        f"{KERNEL}/segments.py",
        "    make_void(hall, order_of(item.among, GOES_ON))\n",
        "",
        PARITY,
    ),
)

WHO_COMES_IN: Final = (
    Defect(
        "who is cancelled keeps the places",
        "twin/engine/departures.py",
        "floor.places.give_back(item.held)",
        "floor.places.give_back(())",
        LIMITS,
    ),
    Defect(
        "an arrival on its way to the first stage does not count",
        "twin/engine/departures.py",
        "floor.places.take(item, floor.places.accepted[item.work, stage])",
        "floor.places.take(item, ())",
        LIMITS,
    ),
    Defect(
        "who came of age at work goes on",
        "twin/engine/departures.py",
        "(floor.ways.is_cancelled(item) or (node != LEAVE and is_too_old(floor, item)))",
        "floor.ways.is_cancelled(item)",
        LIMITS,
    ),
    Defect(
        "a limit asked for again within it",
        "twin/limiting.py",
        "if each not in held.get((work, origin), ()) and needs",
        "if needs",
        LIMITS,
    ),
    Defect(
        "a gate lets through what came too late",
        GATE,
        "if entry[-1].came + cut_off <= now:",
        "if entry[-1].came <= now:",
        LIMITS,
    ),
    Defect(
        "a gate without a bound",
        GATE,
        "while self.waiting and self.used < capacity:",
        "while self.waiting:",
        LIMITS,
    ),
    Defect(
        "the last of a batch, not the first, has waited long enough",
        GATE,
        "self.waiting[0][-1].came + self.at_most <= now",
        "self.waiting[-1][-1].came + self.at_most <= now",
        LIMITS,
    ),
    Defect(
        "patience counted on while somebody works",
        "twin/engine/departures.py",
        "item.started == NEVER and item.deadline == floor.now",
        "item.deadline == floor.now",
        LIMITS,
    ),
    Defect(
        "no deadlock where all who hold a place wait",
        "twin/engine/deadlock.py",
        "alive > 0 or held < room",
        "alive >= 0 or held < room",
        LIMITS,
    ),
    Defect(
        "kernel: patience of a visit before",
        f"{KERNEL}/departures.py",
        "hall.limits.placed[at(slot)].deadline == now",
        "hall.limits.placed[at(slot)].deadline <= now",
        COMPILED_LIMITS,
    ),
    Defect(
        "kernel: a dated change forgets who waits outside",
        f"{KERNEL}/begin_limits.py",
        "hall.limits.waiting[at(placed.passage)] += 1 - placed.withdraws",
        "hall.limits.waiting[at(placed.passage)] += 0",
        PARITY,
    ),
    Defect(
        "who is cancelled counts as done",
        "twin/tally.py",
        "(items.arrived != NEVER) & (items.early == 0)",
        "(items.arrived != NEVER)",
        EARLY_LEAVING,
    ),
)

PEOPLE_AND_HOURS: Final = (
    Defect(
        "one person too few",
        CREW,
        "joining = [place for place in range(people) if place not in self.since]",
        "joining = [place for place in range(people - 1) if place not in self.since]",
        TRACES,
    ),
    Defect(
        "work goes to whoever has just become free",
        CREW,
        "self.free.popleft()[2]",
        "self.free.pop()[2]",
        TRACES,
    ),
    Defect(
        "of two groups the one that has just become free",
        SERVICE,
        "crew.free[0] < best.free[0]",
        "crew.free[0] > best.free[0]",
        TRACES,
    ),
    Defect(
        "half available people work at full speed",
        SERVICE,
        "* crew.stretch + 0.5)",
        "+ 0.5)",
        TRACES,
    ),
    Defect(
        "suspended work begun anew at the opening",
        CREW,
        "return self.opens[index] + target - self.worked[index]",
        "return self.opens[index] + work",
        TRACES,
    ),
    Defect(
        "suspended time not told",
        SERVICE,
        "item.finished, item.suspended = finished, finished - now - ticks",
        "item.finished, item.suspended = finished, 0",
        TRACES,
    ),
    Defect(
        "work that fills a shift done at the next opening",
        CREW,
        "index = bisect_left(self.worked, target) - 1",
        "index = min(bisect_right(self.worked, target), len(self.worked) - 1) - 1",
        TRACES,
    ),
    Defect(
        "a dated change holds a tick late",
        REFERENCE,
        "floor.call(phase.since, CHANGE,",
        "floor.call(phase.since + 1, CHANGE,",
        TRACES,
    ),
    Defect(
        "who has lost the place stays after finishing",
        CREW,
        "del self.since[place]\n        if place < self.people:",
        "del self.since[place]\n        if place >= 0:",
        TRACES,
    ),
    Defect(
        "work under way goes over to new hours",
        CREW,
        "self.earlier = {place: self.earlier.get(place, self.hours) for place in working}",
        "self.earlier = {}",
        TRACES,
    ),
)

BRANCHES_AND_BIRTHS: Final = (
    Defect(
        "the first branch done lets its item go on",
        "twin/engine/branches.py",
        "    if item.pending:\n",
        "    if not item.pending:\n",
        FLOW,
    ),
    Defect(
        "every branch takes the places of its item along",
        "twin/engine/branches.py",
        "if edge == first else (BRANCHED, ())",
        "if edge >= first else (BRANCHED, ())",
        FLOW,
    ),
    Defect(
        "rework takes the whole effort again",
        "twin/engine/ways.py",
        "return draw.at(item.number, item.visit) * item.share",
        "return draw.at(item.number, item.visit)",
        FLOW,
    ),
    Defect(
        "children come of visits that are sent back",
        "twin/engine/offspring.py",
        "if edge not in self.floor.ways.backs:",
        "if edge is not None:",
        FLOW,
    ),
    Defect(
        "an item waits for items that come later, too",
        "twin/engine/offspring.py",
        "return any(came < item.came_as for came in earliest)",
        "return any(came != item.came_as for came in earliest)",
        FLOW,
    ),
    Defect(
        "what is blocked waits for no obstacle",
        "twin/engine/obstacles.py",
        "item.unblocks_at = item.crew.hours.after(now, ticks) if working else now + ticks",
        "item.unblocks_at = now",
        FLOW,
    ),
)

WAYS_OF_ITEMS: Final = (
    Defect(
        "sent back once more than the limit",
        WAYS,
        "self.reworked[item.index, node] >= limit",
        "self.reworked[item.index, node] > limit",
        TRACES,
    ),
    Defect(
        "handoff drawn from the table of external waiting",
        WAYS,
        "(edge, Purpose.HANDOFF), edges.handoff, edges.handoff_calendar",
        "(edge, Purpose.HANDOFF), edges.external, edges.handoff_calendar",
        TRACES,
    ),
    Defect(
        "waiting in working time counted by the clock",
        WAYS,
        "return at + ticks if calendar == ELAPSED else self.hours[calendar].after(at, ticks)",
        "return at + ticks",
        TRACES,
    ),
    Defect(
        "the effort of another team",
        "twin/plan.py",
        "node.effort.teams[team] if isinstance",
        "node.effort.teams[served[stages[index]][0]] if isinstance",
        TRACES,
    ),
    Defect(
        "items inside at the start lose their age",
        REFERENCE,
        "item.enabled = now if item.stage != NONE else item.arrived",
        "item.enabled = now",
        TRACES,
    ),
    Defect(
        "of items inside the youngest first",
        "twin/plan.py",
        "sorted(rows, key=lambda row: row[0])",
        "sorted(rows, key=lambda row: -row[0])",
        TRACES,
    ),
    Defect(
        "what is due at the horizon has happened",
        REFERENCE,
        "if due >= until or",
        "if due > until or",
        TRACES,
    ),
    Defect(
        "open rows lost at the end",
        BOOKS,
        "floor.rows[item.row] = item.as_open_row()",
        "item.as_open_row()",
        TRACES,
    ),
)

LUCK_AND_DEMAND: Final = (
    Defect(
        "every replication draws the same efforts",
        DRAWS,
        "Source(self.seed, self.replication, place,",
        "Source(self.seed, 0, place,",
        RECURSION,
    ),
    Defect(
        "effort shares its random number with waiting",
        WAYS,
        "Purpose.EFFORT, table)",
        "Purpose.EXTERNAL, table)",
        RECURSION,
    ),
    Defect(
        "rework shares its random number with the route",
        WAYS,
        "item.stage, Purpose.REWORK)",
        "item.stage, Purpose.ROUTE)",
        KEPT_LOGS,
    ),
    Defect(
        "a second visit has the luck of the first",
        DRAWS,
        "u = uniforms(**self.name, numbers=numbers, visit=visit)",
        "u = uniforms(**self.name, numbers=numbers, visit=0)",
        KEPT_LOGS,
    ),
    Defect(
        "every replication draws the same arrivals",
        "twin/demand.py",
        "gaps(intake, seed, replication, first, count)",
        "gaps(intake, seed, 0, first, count)",
        DEMAND,
    ),
    Defect(
        "the last arrival lost",
        "twin/demand.py",
        "return instants[: instants.searchsorted(until)]",
        "return instants[: instants.searchsorted(until)][:-1]",
        DEMAND,
    ),
    Defect(
        "arrivals' pattern an hour late",
        "twin/rates.py",
        "return (begins + minutes * MINUTE).astype(float)",
        "return (begins + (minutes + 60) * MINUTE).astype(float)",
        DEMAND,
    ),
    Defect(
        "arrivals' pattern read as UTC",
        "twin/rates.py",
        "zone, edges, weights = time_zone(frame.zone), [], []",
        'zone, edges, weights = time_zone("UTC"), [], []',
        DEMAND,
    ),
    Defect(
        "a calendar's own zone ignored",
        "twin/calendars.py",
        "local = time_zone(calendar.zone or zone)",
        "local = time_zone(zone)",
        CALENDARS,
    ),
    Defect(
        "closing an hour late",
        "twin/calendars.py",
        "closes += [midnights + close * MINUTE for _, close in ranges]",
        "closes += [midnights + (close + 60) * MINUTE for _, close in ranges]",
        CALENDARS,
    ),
    Defect(
        "the tail of a quantile table cut off",
        "twin/quantile_tables.py",
        "right[-1] = _last_value(float(left[-1]), missing / width[-1])",
        "right[-1] = left[-1]",
        SAMPLING,
    ),
    Defect(
        "durations cut to whole ticks",
        "twin/sampling.py",
        "return np.floor(lookup(table, u) + 0.5).astype(np.int64)",
        "return np.floor(lookup(table, u)).astype(np.int64)",
        RECURSION,
    ),
)

KERNEL_ALONE: Final = (
    Defect(
        "kernel: one item more than the WIP limit",
        f"{KERNEL}/advance.py",
        "hall.stages[at(stage)].places_taken < limit",
        "hall.stages[at(stage)].places_taken <= limit",
        PARITY,
    ),
    Defect(
        "kernel: of two groups the one that has just become free",
        f"{KERNEL}/people.py",
        "return mine.free_since < theirs.free_since",
        "return mine.free_since > theirs.free_since",
        COMPILED_TRACES,
    ),
    Defect(
        "kernel: the closing instant is working time",
        f"{KERNEL}/hours.py",
        "intervals[at(middle)].close <= now",
        "intervals[at(middle)].close < now",
        PARITY,
    ),
    Defect(
        "kernel: rework shares its random number with the route",
        f"{KERNEL}/streams.py",
        "_low(Purpose.REWORK)",
        "_low(Purpose.ROUTE)",
        PARITY,
    ),
    Defect(
        "kernel: a row lost where the table of rows grows",
        f"{KERNEL}/hall.py",
        "longer[: table.shape[0]] = table",
        "longer[1 : table.shape[0]] = table[1:]",
        PARITY,
    ),
    Defect(
        "kernel: a dated change forgets how often an item was sent back",
        f"{KERNEL}/hall.py",
        "reworked[:, now] += hall.reworked[:, column]",
        "reworked[:, now] += 0 * hall.reworked[:, column]",
        PARITY,
    ),
)

FIGURES: Final = (
    Defect(
        "items of the warm-up counted",
        "twin/tally.py",
        "(items.done >= window[0]) & (items.done < window[1])",
        "(items.done < window[1])",
        METRICS,
    ),
    Defect(
        "items still inside counted as done",
        "twin/tally.py",
        "end[finished == NEVER] = NEVER",
        "pass",
        METRICS,
    ),
    Defect(
        "suspended time counted as work",
        "twin/tally.py",
        "np.where(rows.whole, rows.finished - rows.started - suspended, 0)",
        "np.where(rows.whole, rows.finished - rows.started, 0)",
        METRICS,
    ),
    Defect(
        "percentiles that do not interpolate",
        "twin/tally.py",
        "between = np.where(rest < 0.5, low + step * rest, high - step * (1 - rest))",
        "between = np.where(rest < 0.5, low, high)",
        METRICS,
    ),
    Defect(
        "throughput per week of the run with its warm-up",
        "twin/metrics.py",
        "length = window[1] - window[0] or np.nan",
        "length = window[1] or np.nan",
        METRICS,
    ),
    Defect(
        "a paired difference with the wrong sign",
        "twin/estimate.py",
        "gaps = after - before",
        "gaps = before - after",
        ESTIMATES,
    ),
    Defect(
        "a spread over n instead of n - 1",
        "twin/estimate.py",
        "values.std(ddof=1)",
        "values.std(ddof=0)",
        ESTIMATES,
    ),
    Defect(
        "p values not adjusted for their family",
        "twin/estimate.py",
        "(len(p_values) - rank) * p_values[place]",
        "p_values[place]",
        ESTIMATES,
    ),
    Defect(
        "a verdict with the wrong sign",
        "twin/compare.py",
        'sign = 1 if answer.better == "higher" else -1',
        'sign = -1 if answer.better == "higher" else 1',
        COMPARISON,
    ),
    Defect(
        "scenarios run on other luck than the baseline",
        "twin/replication.py",
        "seed=work.seed, replication",
        "seed=work.seed + task.candidate, replication",
        EXPERIMENT,
    ),
    Defect(
        "dated changes forget those before",
        "twin/scenario.py",
        "current = _applied(current, tuple(dated[instant]), at)",
        "current = _applied(first, tuple(dated[instant]), at)",
        ("tests/unit/test_scenario.py",),
    ),
    Defect(
        "runs not checked for what was lost",
        "twin/engine/__init__.py",
        "limit=items)\n    return replace(outcome, balances=check(outcome))",
        "limit=items)\n    return outcome",
        EXPERIMENT,
    ),
)

DECISIONS: Final = (
    Defect(
        "selection forgets how many systems share the error",
        "twin/decide/selection.py",
        "error = (1 - confidence) / max(systems - 1, 1)",
        "error = 1 - confidence",
        SELECTION,
    ),
    Defect(
        "selection takes the spread of single systems",
        "twin/decide/selection.py",
        "gaps = values[:, None, :] - values[None, :, :]",
        "gaps = values[:, None, :] + 0 * values[None, :, :]",
        SELECTION,
    ),
    Defect(
        "selection may drop more easily than the triangle allows",
        "twin/decide/selection.py",
        "/ r - worth) / 2",
        "/ r - worth) / 8",
        SELECTION,
    ),
    Defect(
        "what lies nearer than matters is called worse",
        "twin/decide/selection.py",
        "if abs(gap.effect) < worth:",
        "if abs(gap.effect) < 0:",
        SELECTION,
    ),
    Defect(
        "finalists run on the luck that chose them",
        "twin/decide/optimizing.py",
        "seen = 0 if searched is None else SEARCHED",
        "seen = 0",
        ("tests/unit/test_optimize.py",),
    ),
    Defect(
        "settings over the budget are tried",
        "twin/decide/search.py",
        "sum(price for _, price in each) <= budget",
        "max(price for _, price in each) <= budget",
        ("tests/unit/test_optimize.py",),
    ),
    Defect(
        "a front keeps what is bettered in one figure",
        "twin/decide/optimizing.py",
        "(values <= row).all(axis=1) & (values < row).any(axis=1)",
        "(values < row).all(axis=1)",
        ("tests/unit/test_optimize.py",),
    ),
    Defect(
        "orders of a bundle weigh alike whatever their number",
        "twin/decide/shares.py",
        "shares[player] += weight * (",
        "shares[player] += 2.0 ** (1 - players) * (",
        ("tests/unit/test_shares.py",),
    ),
    Defect(
        "drawn orders are not reversed",
        "twin/decide/shares.py",
        "for way in (order, order[::-1]):",
        "for way in (sorted(order), sorted(order)):",
        ("tests/unit/test_shares.py",),
    ),
    Defect(
        "a goal counts as kept what was not",
        "twin/decide/reaching.py",
        "share_interval(kept, n, ERROR / len(looks))",
        "share_interval(n, n, ERROR / len(looks))",
        SOLUTION,
    ),
    Defect(
        "the interval of a share is one-sided",
        "twin/decide/reaching.py",
        "n - kept + 1, error / 2)",
        "n - kept + 1, error)",
        SOLUTION,
    ),
    Defect(
        "a tipping point is looked for before the scenarios' changes only on one side",
        "twin/decide/tipping.py",
        "(change, *changes)) for changes in sides]",
        "(change, *sides[0])) for changes in sides]",
        SOLUTION,
    ),
    Defect(
        "the interval of a tipping point ends where the means meet",
        "twin/decide/tipping.py",
        "return difference.low > 0 if sign > 0 else difference.high < 0",
        "return difference.effect > 0 if sign > 0 else difference.effect < 0",
        SOLUTION,
    ),
    Defect(
        "the busiest team by its mean is the busiest in every run",
        "twin/decide/bottleneck.py",
        "top = values == values.max(axis=0)",
        "top = (values == values.max(axis=0)) | (values.mean(axis=1) == values.mean(axis=1).max())[:, None]",
        ("tests/unit/test_bottleneck.py",),
    ),
    Defect(
        "a twin under another name is run again",
        "twin/decide/trials.py",
        "if key not in self._numbers:",
        "if True:",
        ("tests/unit/test_trials.py",),
    ),
    Defect(
        "a hypercube is a diagonal",
        "twin/decide/designs.py",
        "place=name_hash(path)",
        "place=name_hash('')",
        ("tests/unit/test_sweep.py",),
    ),
)

DEFECTS: Final = (
    *QUEUES_AND_PLACES,
    *WHO_GOES_FIRST,
    *WHO_COMES_IN,
    *PEOPLE_AND_HOURS,
    *BRANCHES_AND_BIRTHS,
    *WAYS_OF_ITEMS,
    *LUCK_AND_DEMAND,
    *KERNEL_ALONE,
    *FIGURES,
    *DECISIONS,
)
