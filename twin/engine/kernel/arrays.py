"""The arrays a run works on.

Structured arrays hold what belongs together side by side, so that one visit touches few cache lines; numba reads a row
as a record by its field names. Units: ticks (milliseconds) since the start; every number is an index or a count where
nothing else is said, and NONE (-1) stands for no index.

Memory: 40 bytes a visit in the log and 24 a wait, kept until the end. Everything else is proportional to what is inside
at one time: 224 bytes an item and its event, 4 bytes for each stage of the work type with the most stages and 4 for
each node with a limit on rework.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.blocking import Obstacles
from twin.choosing import Choice
from twin.demand import Items
from twin.gating import Gates
from twin.leaving import Leaving
from twin.staffing import Staff

FOREVER: Final = 1 << 62
OPENING: Final = 1 << 60
"""Openings of calendars come after all items at their instant."""

Record = Any
Records = Any
"""A row of a structured array, and the array: numba knows their fields, a type checker does not."""

Ints = NDArray[np.int64]
Counts = NDArray[np.int32]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


def _record(whole: str, real: str = "") -> np.dtype[Any]:
    """Name whole numbers and then real ones: eight bytes each, so that each function meets one kind of number."""
    return np.dtype([(name, np.int64) for name in whole.split()] + [(name, np.float64) for name in real.split()])


FLOOR: Final = _record(
    "now rounds round_tick turn entered left rows waits due openings free_slot next_item next_tick teams_asked "
    "stages_asked most_rounds most_visits problem problem_tick problem_item problem_stage "
    "drawn first_born born coming bred arrivals most_arrivals free stacked asked gone most_items most_rows most_slots"
)
"""Single numbers of a run: how many rows, due events and so on there are, and what has gone wrong."""

ITEM: Final = _record(
    "index among arrived work number node stage origin visit row enabled queued started suspended finished "
    "team crew person turn next drawn_for",
    "drawn back",
)
"""An item inside, or its token on a branch; `among` is its place among all. What is said of a visit is said of the
latest. `next` is the item behind it, or the free slot.

`drawn` is the effort drawn for a team, `drawn_for`, or for NONE; `back` the number that decides on rework, or
`NOT_DRAWN`. Drawn as soon as their names are known, they are there when needed: the processor need not wait."""

NOT_DRAWN: Final = -1.0

DUE: Final = _record("tick order slot")
"""An event: an item's, in its order (its index), or a team's opening, with the team as slot."""

STAGE: Final = _record("places_taken time queue asked held_up")
"""Places taken, the integrals of open visits and of visits in the queue, and in plain twins whose limits go round how
many are held up outside another stage, with a place here."""

LINE: Final = _record("first last")
"""Items of one rank that wait for one thing, as a list through their slots."""

RANKED: Final = _record("rank key right up")
"""What rich twins keep of an item in a line: a node of the line's heap, whose other branch is the item's `next`."""

SEGMENT: Final = _record("since away cause gap blocks blocks_at unblocks_at parked", "effort stretch")
"""What rich twins keep of a visit that may be interrupted: since when it is worked on, or why and since when it is not;
the ticks of effort that were left when the segment began, and working ticks per tick of effort. `gap`: working ticks
until it is blocked, how often it was and when it will be, until when it is and whether without places."""

HAND: Final = _record("crew known joined worked last_work last_stage lead visits first clock passed rate changed turn")
"""What is kept of a person whose team says more of its people: since when they are there (`joined`, where `known`), the
work type and stage of their latest visit (where `worked`), working ticks of switching still to come; of who has several
visits at once how many, the slot of one of them, and the clock by which they run (`attention`)."""

STINT: Final = _record("lead own interrupted first_draw next_draw gap interruption begun end hands_back", "full")
"""What a segment holds (`overhead`), or the clock of a person with several visits when it began and when it ends."""

ROUND: Final = _record("stage left fresh")
"""Where a person is who goes round: `left` visits are served before going on; `fresh` until someone has looked."""

TEAM: Final = _record("woken recalled asked first_crew last_crew")
"""`woken`, `recalled`: when it is asked next, as then somebody free or somebody at work has come."""
CREW: Final = _record("busy idle total switching sharing team group people calendar first front back", "stretch")
"""A crew's people stand from `first` on; the free ones are a list from `front` to `back`."""

PERSON: Final = _record("since free_since free_turn state earlier next")
"""`since`: working ticks passed when last counted; `earlier`: hours by which work under way is finished, or NONE.
`next`: the person who has been free for less, or in rich twins the slot of the visit that is worked on."""

CALENDAR: Final = _record("first last cursor")
INTERVAL: Final = _record("before open close worked")
"""Open hours, the end of those before and the working ticks before them; the last of a calendar opens FOREVER."""

NODE: Final = _record("stage column first_edge last_edge rework_limit rework_edge rework_column", "rework_chance")
"""`column`: where visits to this stage are counted; `rework_column`: where rework at this node is, or NONE."""

EDGE: Final = _record("target external external_calendar handoff handoff_calendar", "cumulative")

TOKEN: Final = _record(
    "root parent branch pending came_as edge held_since awaited_by first_waiter last_waiter next_waiter "
    "next_held older newer ahead bred",
    "share",
)
"""What is kept of an item, or of its token on a branch, by its slot; `root` is the item's own slot.

It waits for so many `pending`; a list of those that depend on it, one of those of its type held, and one of those of
its type inside run through the slots.
"""

KIND: Final = _record("numbered ahead oldest newest first_held last_held")
"""A work type: arrivals numbered so far, items ahead of the stage of its pull, and its lists of items."""

JUNCTION: Final = _record("kind first_branch children breeds", "share longest")
SOURCE: Final = _record("work after waits first_size last_size", "chance")
SIZE: Final = _record("items", "cumulative")
RULE: Final = _record("breeds depends_on closed rest pull_stage pull_below", "depends_chance")
"""What a phase says of a work type."""

ABSENT: Final = 0
FREE: Final = 1
WORKING: Final = 2


PLACED: Final = _record("came deadline held passage line marks leads withdraws stuck behind")
"""What rich twins keep of an item's places: when it was let in and when it loses patience, the set it holds and its
way, its line before it queues, flags of its row, whether others go with it, and whether it may be withdrawn. While
deadlocks are looked for: whether it has not been found to move, and whether it waits for others who have not."""
GATE: Final = _record("cursor used woken waiting queued branches")
"""The next opening, visits let through at it, when the stage is asked next, visits before the queue and in it, and
branches outside that hold no place."""
EARLY: Final = _record("cancelled turned_away suspicious is_last phase batched branches held_up")
"""Items gone early; whether somebody may wait for good, and no change is to come; the phase; all that is in_batch; all
branches outside that hold no place; all who are held up (`rings`)."""


class LimitsHall(NamedTuple):
    """What changes of limits and gates, in rich twins; in plain ones whose limits go round `free` and `waiting` alone.

    There every limit is a stage's, and `waiting` counts by stage and, within it, the stage that is come from.
    """

    placed: Records  # (slots,) of PLACED
    taken: Ints  # (limits,) places held
    free: Ints  # (limits,) whether a limit gets room, while deadlocks are looked for
    pending: Ints  # (limits,) places held by those who wait for other work
    waiting: Ints  # (passages,) how many wait outside that are never withdrawn
    in_batch: Ints  # (nodes,) how many wait before the queue that are never withdrawn
    gates: Records  # (stages,) of GATE
    early: Records  # (1,) of EARLY


class Limits(NamedTuple):
    """What one plan says of limits; see `limiting`."""

    most: Ints  # (limits,) places
    first: Ints  # (sets + 1,) where a set's limits begin in members
    members: Ints
    held: Ints  # (nodes,) set held once let in
    accepted: Ints  # (nodes,) set held before, by who arrives
    refusing: Ints  # (nodes,) set that turns arrivals away
    arriving: Ints  # (nodes,) passage of who is there at the start
    passage: Ints  # (edges,) passage
    door: Ints  # (passages,)
    left: Ints  # (passages,) set held on the way
    door_stage: Ints  # (doors,)
    door_asked: Ints  # (doors,) set
    first_door: Ints  # (stages + 1,) where a stage's doors begin in stage_door
    stage_door: Ints
    first_asking: Ints  # (limits + 1,) where the doors begin in asking_door that ask for a limit
    asking_door: Ints
    place_key: Ints  # (places,) work and stage, in order
    place_stage: Ints  # (places,)
    place_held: Ints  # (places,) set
    place_accepted: Ints  # (places,) set
    way_key: Ints  # (ways,) work, stage before and stage, in order
    way_passage: Ints  # (ways,)


class FlowHall(NamedTuple):
    """What changes during a run."""

    tokens: Records  # (slots,) of TOKEN
    kinds: Records  # (works,) of KIND
    stack: Ints  # (most branches + 1, 2) slot and edge of those that set out, the next one last
    asked: Ints  # (most slots,) types of which the next is to come


class FlowPhase(NamedTuple):
    """What one plan says."""

    junctions: Records  # (nodes,) of JUNCTION
    shares: Floats  # (edges,) share of the effort
    sources: Records  # (sources,) of SOURCE
    sizes: Records  # (sizes,) of SIZE
    rules: Records  # (works,) of RULE
    first_after: Ints  # (works + 1,) where the types begin in `after` that a type waits for
    after: Ints
    first_awaiting: Ints  # (works + 1,) where the types begin in `awaiting` that wait for a type
    awaiting: Ints


class Hall(NamedTuple):
    """Everything that changes during a run."""

    floor: Records  # (1,) of FLOOR
    items: Records  # (slots,) of ITEM
    visits: Counts  # (slots, columns) visits so far by stage
    reworked: Counts  # (slots, rework columns) times sent back so far
    due: Records  # (room,) of DUE, a heap by tick and order
    stages: Records  # (stages,) of STAGE
    ranked: Records  # (slots,) of RANKED in rich twins, else none
    segments: Records  # (slots,) of SEGMENT in rich twins, else none
    stints: Records  # (slots,) of STINT in rich twins, else none
    hands: Records  # (people,) of HAND in rich twins, else none
    rounds: Records  # (teams,) of ROUND in rich twins, else none
    had_at: Counts  # (slots, columns) who had an item at each stage last, where a team asks for that, else none
    had_in: Counts  # (slots, teams) who of each team had an item last
    lines: Records  # (2 * stages, ranks) of LINE: the queues, then those who wait for a place
    fronts: Ints  # (2 * stages,) rank of the first in line, or the number of ranks
    teams: Records  # (teams,) of TEAM
    teams_asked: Ints  # (teams,)
    teams_starting: Ints  # (teams,) those that were asked before the dispatch that is under way, in rich twins
    stages_asked: Ints  # (stages,)
    crews: Records  # (crews,) of CREW
    people: Records  # (people,) of PERSON
    calendars: Records  # (calendars,) of CALENDAR
    limits: LimitsHall
    flow: FlowHall


class Phase(NamedTuple):
    """What one plan says."""

    nodes: Records  # (nodes,) of NODE
    edges: Records  # (edges,) of EDGE
    effort: Ints  # (nodes, teams) table
    entry: Ints  # (works,) entry node
    rank: Ints  # (stages, works) place in line, most urgent first
    limit: Ints  # (stages,) WIP limit, 0 for none
    first_team: Ints  # (stages + 1,) where the teams of a stage begin in stage_team
    stage_team: Ints
    first_stage: Ints  # (teams + 1,) where the stages of a team begin in team_stage
    team_stage: Ints
    intervals: Records  # (intervals of all calendars,) of INTERVAL
    tables: Floats  # (tables, TABLE_SIZE)
    choice: Choice  # who goes first, as in the plan
    limits: Limits
    gates: Gates
    leaving: Leaving
    staff: Staff  # how people work, as in the plan but by the crews of the run
    by_clock: int  # calendar of who works on past the closing
    flow: FlowPhase
    obstacles: Obstacles
    rich: tuple[int, ...]  # empty in plain twins: `is_rich` is known when compiling, and its branches vanish
    branched: tuple[int, ...]  # empty where no ways branch: `is_branched` likewise; never in rich twins


class Names(NamedTuple):
    """What random numbers are named by, laid out as in `twin.streams`."""

    seed: np.uint64
    places: Words  # (stages + 1,) replication and place; first the one before any stage
    works: Words  # (works,)


class Log(NamedTuple):
    """What is written down, as in `twin.rows`."""

    rows: Ints  # (room, WORDS)
    waits: Ints  # (room, WAIT_WORDS)


Arrivals = Items
