"""Worktwin: a digital twin of how an organisation works.

    twin = load_twin("twin.yaml")                     a twin as a file says
    question = load_experiment("scenario.yaml")       a question with its scenarios
    results = run_experiment(question.experiment, question.base)
    answer = compare_results(results)                       paired differences and a sentence per scenario
    best = optimize_levers(question.experiment, question.base, Running())      and run_sweep, solve_experiment, explain

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.caseload import simulate_logs
    from twin.checks import findings
    from twin.compare import Comparison, compare_results
    from twin.decide.bottleneck import find_limits
    from twin.decide.explaining import explain
    from twin.decide.optimizing import optimize_levers
    from twin.decide.selection import select_best
    from twin.decide.shares import split_effect
    from twin.decide.solving import solve_experiment
    from twin.decide.sweeping import run_sweep
    from twin.decide.trials import Running, Trials
    from twin.errors import InputError, TwinError
    from twin.eventlog import EventLog, exported, items
    from twin.experiment import Results, run_experiment
    from twin.metrics import measure
    from twin.project import load_experiment, load_twin
    from twin.report import write_report
    from twin.scenario import Experiment, apply, difference
    from twin.spec import Twin
    from twin.units import WEEK
    from twin.yardstick import Yardstick

_HOMES = {
    "Comparison": "compare",
    "EventLog": "eventlog",
    "Experiment": "scenario",
    "InputError": "errors",
    "Results": "experiment",
    "Running": "decide.trials",
    "Trials": "decide.trials",
    "Twin": "spec",
    "TwinError": "errors",
    "WEEK": "units",
    "Yardstick": "yardstick",
    "apply": "scenario",
    "compare_results": "compare",
    "difference": "scenario",
    "explain": "decide.explaining",
    "exported": "eventlog",
    "find_limits": "decide.bottleneck",
    "findings": "checks",
    "items": "eventlog",
    "load_experiment": "project",
    "load_twin": "project",
    "measure": "metrics",
    "optimize_levers": "decide.optimizing",
    "run_experiment": "experiment",
    "run_sweep": "decide.sweeping",
    "select_best": "decide.selection",
    "simulate_logs": "caseload",
    "solve_experiment": "decide.solving",
    "split_effect": "decide.shares",
    "write_report": "report",
}

__all__ = [
    "WEEK",
    "Comparison",
    "EventLog",
    "Experiment",
    "InputError",
    "Results",
    "Running",
    "Trials",
    "Twin",
    "TwinError",
    "Yardstick",
    "apply",
    "compare_results",
    "difference",
    "explain",
    "exported",
    "find_limits",
    "findings",
    "items",
    "load_experiment",
    "load_twin",
    "measure",
    "optimize_levers",
    "run_experiment",
    "run_sweep",
    "select_best",
    "simulate_logs",
    "solve_experiment",
    "split_effect",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'twin' has no attribute {name!r}")
    return getattr(import_module(f"twin.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
