"""``profile.json``: the figures of a profile for programs. Times are hours, shares 0 to 1, instants ISO 8601."""

from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final

from calibration.lifetimes import Lifetimes
from calibration.little import Little
from calibration.profile import OpenItem, Profile
from calibration.sources.reconciliation import Reconciliation
from twin.units import HOUR, MILLISECOND, WEEK
from twin.zones import EPOCH

SCHEMA_VERSION: Final = 1


def written(profile: Profile) -> dict[str, Any]:
    """Give a profile as plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "worktwin": version("worktwin"),
        "rows": _account(profile.account),
        "items": profile.items,
        "visits": profile.visits,
        "stages": profile.stages,
        "begin": profile.begin.isoformat(),
        "end": profile.end.isoformat(),
        "quality": _quality(profile),
        "assumptions": [each.as_written() for each in profile.assumptions],
        "lead_time": _lifetimes(profile.lead),
        "cycle_time": _lifetimes(profile.cycle),
        "littles_law": _little(profile.little),
        "weeks": _weeks(profile),
        "waiting": {
            "moves": [_hours(each._asdict(), "total", "mean", "median", "p85") for each in profile.moves],
            "statuses": [_hours(each._asdict(), "total", "mean") for each in profile.stays],
        },
        "handoffs": None if profile.handoffs is None else {**profile.handoffs._asdict(), "teams_are": profile.teams},
        "open_items": {
            "count": profile.inside.number,
            "zombies": profile.inside.zombies,
            "untouched_longer_than": _in_hours(profile.inside.limit),
            "oldest": [_open(each) for each in profile.inside.oldest],
        },
    }


def _account(account: Reconciliation) -> dict[str, Any]:
    return {
        "read": account.rows_read,
        "used": account.rows_used,
        "collapsed": account.rows_collapsed,
        "rejected": dict(account.rejected),
        "duplicates": account.duplicates,
        "noticed": dict(account.noticed),
    }


def _quality(profile: Profile) -> dict[str, Any]:
    quality = profile.quality
    return {
        "bulk_closing": quality.bulk._asdict(),
        "in_the_future": quality.future,
        "renamed": [{**each._asdict(), "at": _instant(each.at)} for each in quality.renamed],
        "strays": [each._asdict() for each in quality.strays],
        "visits_of_no_length": quality.instant,
        "visits_without_a_person": quality.unassigned,
    }


def _lifetimes(times: Lifetimes) -> dict[str, Any]:
    return {
        "finished": times.finished,
        "open": times.open,
        "method": times.method,
        "entered_late": times.entered,
        "mean_completed_only": _in_hours(times.completed_mean),
        "mean": _in_hours(times.mean),
        "bias_of_completed_only": times.bias,
        "quantiles": [
            {
                "share": each.share,
                "completed_only": _in_hours(each.completed),
                "value": _in_hours(each.value),
                "low": _in_hours(each.low),
                "high": _in_hours(each.high),
                "bias_of_completed_only": each.bias,
            }
            for each in times.quantiles
        ],
    }


def _little(law: Little) -> dict[str, Any]:
    return {
        "begin": _instant(law.begin),
        "end": _instant(law.end),
        "item_milliseconds_by_path": law.path,
        "item_milliseconds_by_item": law.inside,
        "equal": law.holds,
        "items_inside": law.wip,
        "arrivals_per_week": law.rate * WEEK,
        "time_in_hours": _in_hours(law.time),
        "gap_in_items": law.gap,
        "of_it_there_at_the_start": law.there,
        "of_it_not_done_at_the_end": law.unfinished,
    }


def _weeks(profile: Profile) -> dict[str, Any]:
    weeks = profile.weeks
    return {
        "ends": [_instant(each) for each in weeks.edges[1:].tolist()],
        "arrivals": weeks.arrivals.tolist(),
        "completions": weeks.completions.tolist(),
        "inside": weeks.inside.tolist(),
        "at_stage": dict(zip(weeks.stages, weeks.at.tolist(), strict=True)),
    }


def _open(item: OpenItem) -> dict[str, Any]:
    return _hours(item._asdict(), "age", "idle")


def _hours(values: dict[str, Any], *times: str) -> dict[str, Any]:
    return {name: _in_hours(value) if name in times else value for name, value in values.items()}


def _in_hours(ticks: float | None) -> float | None:
    return None if ticks is None else round(ticks / HOUR, 4)


def _instant(tick: int) -> str:
    return (EPOCH + timedelta(milliseconds=tick * MILLISECOND)).isoformat()
