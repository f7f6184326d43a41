"""The kinds of tables that organisations have, and the columns each is made of.

    visits    one row per piece of work at one stage, with its start and its end
    history   one row per change of an item: status, person, team, and when
    items     one row per item: created, started, done
    flow      one row per item: a column per stage, with the date on which it was entered
    metrics   one row per period and figure: nothing of single items

Names are read without regard to capitals, accents, blanks, hyphens and underscores. Sources of the names: XES, IEEE
1849-2016; Simod and Prosimos; exports of Jira, ServiceNow, ActionableAgile, jira-agile-metrics, Camunda, Celonis,
Disco, Apromore; and the same words in German, French, Spanish and Dutch.
"""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Format(NamedTuple):
    """A kind of table."""

    name: str
    about: str  # what a row is
    known: Mapping[str, tuple[str, ...]]  # role to names of columns that play it
    needed: tuple[str, ...]
    texts: tuple[str, ...]  # roles of text
    times: tuple[str, ...]  # roles of instants, the one that places a row in time first


_CASE: Final = (
    "case key", "case number", "trace id", "trace", "process instance id", "proc inst id", "process instance",
    "instance id",
    "vorgangsnummer", "vorgangs id", "vorgang", "fallnummer", "fall id", "fall", "numéro de dossier", "no dossier",
    "id dossier", "dossier", "id du cas", "cas", "id caso", "caso", "zaaknummer", "zaak id", "zaak",
)  # fmt: skip
_ACTIVITY: Final = (
    "activity name", "act name", "activity en", "task name", "step", "step name", "process step", "event name", "event",
    "tätigkeit", "aktivität", "schritt", "prozessschritt", "arbeitsschritt", "activité", "étape", "tâche", "actividad",
    "activiteit",
)  # fmt: skip
_PERFORMER: Final = (
    "user", "user name", "user id", "performer", "employee", "originator", "executor", "worker", "bearbeiter",
    "mitarbeiter", "benutzer", "sachbearbeiter", "person", "ressource", "utilisateur", "recurso", "usuario",
    "medewerker",
)  # fmt: skip
_BEGIN: Final = (
    "start", "started at", "start date", "start datetime", "start time utc", "time:start", "start:timestamp", "begin",
    "begin time", "begin date", "beginn", "startzeit", "startzeitpunkt", "anfang", "début", "date de début",
    "date début", "heure de début", "inicio", "fecha inicio", "fecha de inicio", "starttijd", "begintijd",
)  # fmt: skip
_END: Final = (
    "end", "ended", "ended at", "end date", "end datetime", "complete", "completion time", "completed at", "finish",
    "finish time", "finished at", "ende", "endzeit", "endzeitpunkt", "fin", "date de fin", "date fin", "heure de fin",
    "fecha fin", "fecha de fin", "eindtijd",
)  # fmt: skip
_INSTANT: Final = (
    "event time", "event timestamp", "event date", "datetime", "zeitstempel", "zeitpunkt", "datum", "horodatage",
    "fecha", "tijdstip",
)  # fmt: skip

_ITEM: Final = (
    "case_id", "case:concept:name", "case", "issue key", "issue_key", "key", "issue", "ticket", "ticket_id",
    "number", "incident", "work item id", "item", "id", *_CASE,
)  # fmt: skip
_PERSON: Final = (
    "resource", "org:resource", "assigned_to", "assignee", "owner", "agent", "author", "changed by", "by", *_PERFORMER,
)  # fmt: skip
_TEAM: Final = (
    "team", "org:group", "assignment_group", "owning team", "assigned team", "group", "workgroup", "squad",
)  # fmt: skip
_TYPE: Final = ("work_type", "case:work_type", "issue type", "issuetype", "work item type", "type")
_CREATED: Final = (
    "created", "created_date", "created_at", "created on", "opened_at", "opened", "date created", "creation date",
    "sys_created_at", "item created", "issue created", "arrival",
)  # fmt: skip

ACTIVITIES: Final = ("activity", "concept:name", *_ACTIVITY)
"""Names of a column of activities: what was done, not the status an item then has."""
STARTS: Final = ("start_time", "start_timestamp", "started", *_BEGIN)

VISITS: Final = Format(
    "visits",
    "one row per piece of work at one stage, with start and end",
    MappingProxyType(
        {
            "case_id": ("case_id", "case:concept:name", "case", "ticket_id", *_CASE, "id"),
            "activity": (*ACTIVITIES, "stage"),
            "resource": ("resource", "org:resource", "agent", "assignee", *_PERFORMER),
            "start_time": STARTS,
            "end_time": (
                "end_time", "end_timestamp", "complete_time", "complete_timestamp", "time:timestamp", "finished", *_END,
            ),
            "enabled_time": ("enabled_time", "enable_time", "enabled_timestamp", "arrival"),
            "work_type": ("work_type", "case:work_type"),
            "team": ("team", "org:group"),
        }
    ),
    ("case_id", "activity", "start_time", "end_time"),
    ("case_id", "activity", "resource", "team", "work_type"),
    ("start_time", "end_time", "enabled_time"),
)  # fmt: skip

HISTORY: Final = Format(
    "history",
    "one row per change of an item, with its status and when",
    MappingProxyType(
        {
            "case_id": _ITEM,
            "status": (
                "status", "state", "incident_state", "to status", "to", "tostring", "to string", "new status",
                "new value", *ACTIVITIES,
            ),
            "sub_status": ("lifecycle:transition", "sub_status", "lifecycle transition", "lifecycle", "transition"),
            "from_status": (
                "from", "from status", "fromstring", "from string", "previous status", "old status", "old value",
            ),
            "field": ("field", "field name", "changed field"),
            "time": (
                "time:timestamp", "sys_updated_at", "changed", "changed_at", "change date", "transition date",
                "transitioned_at", "timestamp", "updated_at", "updated", "date", "time", *_INSTANT, "end_time",
                "end_timestamp", "complete_time", "complete_timestamp", "start_time", "start_timestamp",
            ),
            "created": ("opened_at", "opened", "item created", "issue created", *_CREATED),
            "resource": _PERSON,
            "team": _TEAM,
            "work_type": _TYPE,
        }
    ),
    ("case_id", "status", "time"),
    ("case_id", "status", "sub_status", "from_status", "field", "resource", "team", "work_type"),
    ("time", "created"),
)  # fmt: skip

ITEMS: Final = Format(
    "items",
    "one row per item, with when it was created, started and done",
    MappingProxyType(
        {
            "case_id": _ITEM,
            "created": _CREATED,
            "started": ("started", "started_date", "started_at", "start date", "date started", "work started"),
            "done": (
                "done", "done_date", "finished", "finished_date", "finished_at", "closed", "closed_date", "closed_at",
                "completed", "completed_date", "completed_at", "completion date", "resolved", "resolved_at",
                "resolution date", "end date",
            ),
            "resource": _PERSON,
            "team": _TEAM,
            "work_type": _TYPE,
        }
    ),
    ("case_id", "done"),
    ("case_id", "resource", "team", "work_type"),
    ("created", "started", "done"),
)  # fmt: skip

STAGES: Final = "stages"
"""Role of the columns of stages, told as their names joined by ``|``."""
ENTERED: Final = "entered "
"""Begins the role of a single column of a stage."""

FLOW: Final = Format(
    "flow",
    "one row per item, with a column per stage that holds the date on which it was entered",
    MappingProxyType(
        {"case_id": _ITEM, "created": _CREATED, "resource": _PERSON, "team": _TEAM, "work_type": _TYPE, STAGES: ()}
    ),
    ("case_id",),
    ("case_id", "resource", "team", "work_type"),
    ("created",),
)

METRICS: Final = Format(
    "metrics",
    "one row per period and figure: arrivals, throughput, WIP, percentiles of times, head-count",
    MappingProxyType(
        {
            "period_start": ("period_start", "period", "week", "month", "week_start", "month_start", "start", "date"),
            "period_end": ("period_end", "week_end", "month_end"),
            "metric": ("metric", "measure", "kpi", "indicator", "figure"),
            "value": ("value", "amount", "result"),
            "unit": ("unit", "units"),
            "stage": ("stage", "activity", "column", "status", "step"),
            "team": _TEAM,
            "type": _TYPE,
            "scope": ("scope", "stage|team|type", "where", "of"),
        }
    ),
    ("period_start", "metric", "value"),
    ("metric", "value", "unit", "stage", "team", "type", "scope"),
    ("period_start", "period_end"),
)
"""No log: aggregated figures, of which `calibration.sources.aggregates` makes series."""

FORMATS: Final[Mapping[str, Format]] = MappingProxyType({each.name: each for each in (VISITS, HISTORY, ITEMS, FLOW)})

NO_STAGES: Final = frozenset(
    {"updated", "lastupdated", "updatedat", "lastviewed", "due", "duedate", "resolved", "resolutiondate", "targetdate"}
)
"""Dates of an item that are no stages."""


def plain(name: str) -> str:
    """Write the name of a column without capitals, accents, blanks, hyphens and underscores.

    >>> plain("Numéro de dossier"), plain("PROC_INST_ID_")
    ('numerodedossier', 'procinstid')
    """
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(each for each in letters if not (unicodedata.combining(each) or each in " _-"))
