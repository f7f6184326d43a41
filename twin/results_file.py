"""Write a comparison as numbers, for programs.

``results.json`` is one object. Times are in hours, shares in 0 to 1, instants and durations whose name ends in ``_ms``
in milliseconds; what could not be measured is null, and no number is NaN or infinite::

    schema_version   1
    credibility      grade: A to D, reasons: [text]; null where the twin was never held against weeks it had not seen
    missed           [text]: what of its data the twin does not show; null where no calibration has said
    question         text
    answer           metric, statistic, scope, unit, better, worth
    run              seed, replications, members, warm_up_ms, length_ms, level,
                     stopping: [n, half_width, target, cap, capped, rest]
    baseline         estimate of the asked figure
    scenarios        [name, changed: [text], judgement, sentence, probability: {helps, hurts, worth}, asked: difference,
                      figures: [metric, statistic, scope, unit, better, baseline: estimate, changed: estimate,
                                difference: difference]]
    runs             [name, visits, balances: [text],
                      figures: [metric, statistic, scope, unit, better, values: one per replication],
                      lead_time: curve at shares of items, in hours, wip: curve by week, throughput: curve by week]
    warnings         [text]
    transitions      only where a change has a date: [scenario, measure, unit, weeks, weeks_before_the_first, dip_week,
                      dip: estimate, break_even: {week, earliest, latest}, new_level: estimate,
                      cumulated: {mean, low, high: [number]}], see `twin.decide.transition`

    estimate         value, standard_error, low, high, n
    difference       effect, standard_error, low, high, n, correlation, variance_ratio, p_value, family_p_value,
                     parts: {simulation, parameters, model}, half-widths, null where unknown; members 0: no ensemble
    curve            at: [number], mean: [number], low: [number], high: [number]

The first of ``runs`` is the baseline, the others stand as ``scenarios`` do: in the order of the scenario file. It holds
no clock time, so the same twin, scenario file and seed give the same bytes.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from twin.compare import Comparison, Row, ScenarioComparison, unit_of
from twin.curves import Band, lead_time_curve, weekly_curve
from twin.estimate import LEVEL, Difference, Estimate
from twin.experiment import Replicated, Results

SCHEMA_VERSION: Final = 1


def results_json(results: Results, comparison: Comparison, transitions: Sequence[Mapping[str, Any]] = ()) -> str:
    """Write results and comparison as strict JSON, see the module; equal input gives equal bytes."""
    answer = comparison.answer
    written = {
        "schema_version": SCHEMA_VERSION,
        "credibility": _credibility(results),
        "missed": None if results.grounds is None else list(results.grounds.missed),
        "question": comparison.question,
        "answer": {
            "metric": answer.metric,
            "statistic": answer.statistic,
            "scope": answer.scope,
            "unit": unit_of(answer),
            "better": answer.better,
            "worth": answer.worth_in_units,
        },
        "run": _run(results),
        "baseline": _estimate(comparison.baseline),
        "scenarios": [_scenario(each) for each in comparison.scenarios],
        "runs": [_replicated(each) for each in results.runs],
        "warnings": list(comparison.warnings),
        **({"transitions": list(transitions)} if transitions else {}),
    }
    return as_json(written)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Write plain values as strict JSON; numbers that are not finite become null."""
    if indent is None:
        return _text(value) + "\n"
    return json.dumps(_finite(value), allow_nan=False, indent=indent) + "\n"


def _text(value: Any) -> str:
    """Write values list by list, so that no more than one list of numbers is held as texts, or for arrays as floats."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_text(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple) and any(isinstance(part, dict | list | tuple) for part in value):
        return "[" + ", ".join(map(_text, value)) + "]"
    return json.dumps(_finite(value.tolist() if isinstance(value, np.ndarray) else value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value


def _credibility(results: Results) -> dict[str, Any] | None:
    earned = results.credibility
    return None if earned is None else {"grade": earned.grade, "reasons": list(earned.reasons)}


def _run(results: Results) -> dict[str, Any]:
    run = results.experiment.run
    return {
        "seed": results.seed,
        "replications": results.replications,
        "members": results.members,
        "warm_up_ms": run.warm_up,
        "length_ms": run.length,
        "level": LEVEL,
        "stopping": [
            {name: getattr(stop, name) for name in ("n", "half_width", "target", "cap", "capped", "rest")}
            for stop in results.stopping
        ],
    }


def _scenario(scenario: ScenarioComparison) -> dict[str, Any]:
    verdict = scenario.verdict
    return {
        "name": scenario.name,
        "changed": list(scenario.changed),
        "judgement": verdict.judgement,
        "sentence": verdict.sentence,
        "probability": {"helps": verdict.helps, "hurts": verdict.hurts, "worth": verdict.worth},
        "asked": _difference(scenario.asked),
        "figures": [_figure(row) for row in scenario.rows],
    }


def _figure(row: Row) -> dict[str, Any]:
    return row.key._asdict() | {
        "unit": row.unit,
        "better": row.better,
        "baseline": _estimate(row.base),
        "changed": _estimate(row.changed),
        "difference": _difference(row.difference),
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: getattr(estimate, name) for name in ("value", "standard_error", "low", "high", "n")}


def _difference(difference: Difference) -> dict[str, Any]:
    names = (
        "effect",
        "standard_error",
        "low",
        "high",
        "n",
        "correlation",
        "variance_ratio",
        "p_value",
        "family_p_value",
    )
    parts = None if difference.parts is None else difference.parts._asdict()
    return {name: getattr(difference, name) for name in names} | {"parts": parts}


def _replicated(run: Replicated) -> dict[str, Any]:
    figures = zip(run.figures, run.values.T, strict=True)
    return {
        "name": run.candidate.name,
        "visits": run.visits,
        "balances": list(run.balances),
        "figures": [figure._asdict() | {"values": values} for figure, values in figures],
        "lead_time": _curve(lead_time_curve(run)),
        "wip": _curve(weekly_curve(run, "wip")),
        "throughput": _curve(weekly_curve(run, "throughput")),
    }


def _curve(band: Band) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in band._asdict().items()}
