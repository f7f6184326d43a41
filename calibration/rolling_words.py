"""How a rolling backtest is told: the same lines on a terminal and on its page."""

from collections.abc import Sequence

from calibration.grading import ALARM, mean_distances, say_p, totals
from calibration.interventions import Tried
from calibration.rolling import Rolling, Score
from twin.credibility import Credibility

Rows = list[tuple[str, ...]]


def grade_line(rolled: Rolling, earned: Credibility) -> str:
    """Say the grade and what it rests on."""
    joined, origins = totals(rolled), len(rolled.aheads)
    first, last = rolled.aheads[0].at, rolled.aheads[-1].at
    held = [f"{share * 100:.0f} %" for share in joined.held]
    return (
        f"Grade {earned.grade}: from {origins} origin{'s' * (origins != 1)} ({first:%Y-%m-%d} to {last:%Y-%m-%d}) it "
        f"foretold {rolled.weeks} week{'s' * (rolled.weeks != 1)} each. Its 80 % intervals held {held[0]}, its 95 % "
        f"intervals {held[1]} of what happened; CRPS skill {joined.skills[0]:+.2f} against drawing past weeks again, "
        f"{joined.skills[1]:+.2f} against replaying history"
    )


def score_rows(rolled: Rolling) -> tuple[tuple[str, ...], Rows]:
    """Give a table of the figures, those that are not reproduced first."""
    header = ("figure", "off by", "beyond chance", "in 80 %", "in 95 %", "CRPS", "weeks drawn", "history", "reproduced")
    ranked = sorted(rolled.scores, key=lambda score: 1.0 if score.p_value is None else score.p_value)
    alarming = [score for score in ranked if _alarming(score)]
    others = [score for score in rolled.scores if not _alarming(score)]
    return header, [_row(score) for score in (*alarming, *others)]


def _alarming(score: Score) -> bool:
    return score.p_value is not None and score.p_value < ALARM


def _row(score: Score) -> tuple[str, ...]:
    told = "" if score.p_value is None else f"{'NO' if _alarming(score) else 'yes'}, {say_p(score.p_value)}"
    return (
        f"{score.figure}, {score.unit}",
        f"{100 * score.bias:+.0f} %",
        f"{100 * score.spread:.0f} %",
        *(f"{100 * held:.0f} %" for held in score.hits),
        *(f"{points:.3g}" for points in score.crps),
        told,
    )


def distance_rows(rolled: Rolling) -> tuple[tuple[str, ...], Rows]:
    """Give a table of the field's distances, mean over the origins."""
    rows: Rows = [
        (name, f"{mine:.3f}", f"{replayed:.3f}", "twin" if mine <= replayed else "history")
        for name, mine, replayed in mean_distances(rolled)
    ]
    return ("distance", "twin", "history replayed", "nearer"), rows


def intervention_lines(tried: Sequence[Tried]) -> list[str]:
    """Say of each past change what was foretold and what happened."""
    lines = []
    for each in tried:
        verdict = "foretold rightly" if each.fault is None else "FORETOLD WRONGLY"
        verdict = verdict if each.visible else "too small a change to be seen in these weeks"
        lines.append(
            f"{each.name} ({each.at:%Y-%m-%d}, {each.weeks} weeks): {verdict}. "
            f"{each.figure}: {each.before:.4g} before, {each.without:.4g} foretold without it, "
            f"{each.foretold:.4g} with it, {each.happened:.4g} happened; "
            f"CRPS skill {each.skills[0]:+.2f} against no change, {each.skills[1]:+.2f} against the weeks before; "
            f"80 % intervals held {100 * each.held[0]:.0f} %, 95 % {100 * each.held[1]:.0f} %"
        )
    return lines
