"""Every mistake a schema finds is told with its line, its path as written and what is allowed."""

import textwrap
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationInfo, model_validator

from twin.errors import InputError, Problem
from twin.marks import read_marked
from twin.units import Duration, Rate
from twin.validation import validate


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Lognormal(Part):
    kind: Literal["lognormal"]
    mean: Duration
    cv: float


class Gamma(Part):
    kind: Literal["gamma"]
    mean: Duration
    shape: float = Field(gt=0)


class ByTeam(Part):
    teams: dict[str, Annotated[Lognormal | Gamma, Field(discriminator="kind")]]


def form(value: Any) -> str:
    return "by_team" if isinstance(value, dict) and "teams" in value else "one"


Effort = Annotated[Lognormal | Gamma, Field(discriminator="kind")]
AnyEffort = Annotated[Annotated[ByTeam, Tag("by_team")] | Annotated[Effort, Tag("one")], Discriminator(form)]


class Step(Part):
    stage: str
    effort: Effort | None = None
    any_effort: AnyEffort | None = None
    next: Effort | str | None = None
    source: str = Field("", alias="from")


class Team(Part):
    people: int = Field(1, ge=1)
    available: bool = True
    speed: float = 1.0
    role: Literal["build", "review"] = "build"
    meetings: Duration | dict[str, Duration] = 0


class Plan(Part):
    arrival_rate: Rate | None = None
    teams: dict[Annotated[str, Field(max_length=9)], Team] = {}
    steps: Annotated[tuple[Step, ...], Field(strict=False, max_length=3)] = ()

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        if info.context and info.context.get("closed"):
            raise ValueError("nothing may be planned now")
        missing = [n for n, step in enumerate(self.steps) if step.stage == "missing"]
        if missing:
            raise InputError(*(Problem("no such stage", f"steps.{n}.stage") for n in missing))
        return self


def said(text: str, **context: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        validate(Plan, read_marked(textwrap.dedent(text).encode(), "p.yaml"), context=context)
    return str(caught.value).splitlines()


def test_a_valid_file_becomes_the_model() -> None:
    document = read_marked(b"teams: {a: {people: 2, speed: 1}}\nsteps: [{stage: x, from: y}]", "p.yaml")
    assert validate(Plan, document).teams["a"] == Team(people=2)


def test_an_unknown_field_shows_the_nearest_and_the_allowed() -> None:
    (message,) = said("arival_rate: 6 / week")
    assert message.startswith("p.yaml:1  arival_rate: 'arival_rate' is not a field here.")
    assert message.endswith("Did you mean 'arrival_rate'? Allowed: arrival_rate, steps, teams.")


def test_an_unknown_field_of_a_kind_shows_the_fields_of_that_kind() -> None:
    text = """\
    steps:
      - stage: x
        effort: {kind: gamma, mean: 3 h, shape: 1, cv: 1}
    """
    assert said(text) == ["p.yaml:3  steps.0.effort.cv: 'cv' is not a field here. Allowed: kind, mean, shape."]


def test_a_field_with_another_name_in_files_is_shown_by_that_name() -> None:
    assert said("steps: [{stage: x, form: y}]")[0].endswith(
        "Did you mean 'from'? Allowed: any_effort, effort, from, next, stage."
    )


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("people: three", "people: expected a whole number, got 'three'"),
        ("people: 1.5", "people: expected a whole number, got 1.5"),
        ('speed: "5"', "speed: expected a number, got '5'"),
        ("speed: [1]", "speed: expected a number, got a list"),
        ("speed: true", "speed: expected a number, got true"),
        ("speed:", "speed: expected a number, got nothing"),
        ("available: yes", "available: expected true or false, got 'yes'"),
        ("available: 1", "available: expected true or false, got 1"),
        ("people: 0", "people: must be greater than or equal to 1, got 0"),
        ("role: reviev", "role: 'reviev' is not known. Did you mean 'review'? Allowed: build, review."),
        ("role: 5", "role: expected build or review, got 5"),
    ],
)
def test_a_wrong_value_shows_what_is_expected(field: str, message: str) -> None:
    assert said(f"teams:\n  a:\n    {field}\n") == [f"p.yaml:3  teams.a.{message}"]


def test_a_value_instead_of_fields_shows_the_fields() -> None:
    assert said("teams: {a: 5}") == [
        "p.yaml:1  teams.a: expected a mapping with people, available, speed, role, meetings, got 5"
    ]


def test_a_missing_field_is_told_at_the_line_of_its_parent() -> None:
    assert said("teams: {}\nsteps:\n  - {from: x}\n") == ["p.yaml:3  steps.0.stage: is required, but missing"]


def test_an_unknown_kind_shows_the_nearest_and_the_allowed() -> None:
    text = "steps:\n  - stage: x\n    effort:\n      mean: 3 h\n      kind: gama\n"
    assert said(text) == [
        "p.yaml:5  steps.0.effort.kind: 'gama' is not known. Did you mean 'gamma'? Allowed: gamma, lognormal."
    ]


def test_a_missing_kind_shows_the_allowed() -> None:
    assert said("steps: [{stage: x, effort: {mean: 3 h}}]") == [
        "p.yaml:1  steps.0.effort: 'kind' is required, but missing. Allowed: gamma, lognormal."
    ]


@pytest.mark.parametrize("field", ["effort", "next"])
def test_the_kind_is_no_part_of_the_path(field: str) -> None:
    assert said(f"steps: [{{stage: x, {field}: {{kind: gamma, mean: 3 h, shape: 0}}}}]") == [
        f"p.yaml:1  steps.0.{field}.shape: must be greater than 0, got 0"
    ]


@pytest.mark.parametrize(
    ("effort", "path"),
    [("{kind: gamma, mean: 3, shape: 1}", "mean"), ("{teams: {a: {kind: gamma, mean: 3, shape: 1}}}", "teams.a.mean")],
)
def test_nor_are_the_tags_of_unions_inside_unions(effort: str, path: str) -> None:
    assert said(f"steps: [{{stage: x, any_effort: {effort}}}]")[0].startswith(
        f"p.yaml:1  steps.0.any_effort.{path}: 3 is not a duration."
    )


def test_a_value_that_fits_no_member_shows_all_of_them() -> None:
    assert said("steps: [{stage: x, next: 5}]") == [
        "p.yaml:1  steps.0.next: expected a mapping (name: value) or text, got 5"
    ]


def test_a_member_with_a_wrong_part_is_the_one_told() -> None:
    messages = said("teams: {a: {meetings: {mon: 1 h, tue: x}}}")
    assert [message.partition(": ")[0] for message in messages] == ["p.yaml:1  teams.a.meetings.tue"]


def test_a_validator_speaks_in_its_own_words() -> None:
    assert said("arrival_rate: 6") == [
        "p.yaml:1  arrival_rate: 6 is not a rate. Write a number per unit: 6 / week, 2 / day, 0.5 / hour"
    ]


def test_the_context_reaches_the_validators() -> None:
    assert said("steps: []", closed=True) == ["p.yaml:1: nothing may be planned now"]


def test_located_problems_of_a_validator_get_file_and_line() -> None:
    text = "steps:\n  - {stage: missing}\n  - {stage: x}\n  - {stage: missing}\n"
    assert said(text) == ["p.yaml:2  steps.0.stage: no such stage", "p.yaml:4  steps.2.stage: no such stage"]


def test_a_name_that_breaks_a_rule_is_told_at_its_place() -> None:
    assert said("teams:\n  far_too_long: {}\n") == [
        "p.yaml:2  teams.far_too_long: must have at most 9 characters, got 'far_too_long'"
    ]


def test_a_list_of_wrong_length_is_counted() -> None:
    assert said("steps: [" + "{stage: x}, " * 4 + "]") == ["p.yaml:1  steps: expected at most 3 entries, got 4"]


def test_all_mistakes_come_at_once_in_the_order_of_lines() -> None:
    text = "teams:\n  a: {people: x}\nstpes: []\narrival_rate: 6\nsteps:\n  - {}\n"
    assert [int(line.split(":")[1].split()[0]) for line in said(text)] == [2, 3, 4, 6]


def test_a_name_with_dots_is_still_found() -> None:
    document = read_marked(b"teams:\n  a.b:\n    c: 1\n", "p.yaml")
    assert document.located(Problem("wrong", "teams.a.b.c.d")).line == 3


def test_a_problem_that_has_its_file_keeps_it() -> None:
    problem = Problem("wrong", "teams", file="other.yaml", line=7)
    assert read_marked(b"teams: {}", "p.yaml").located(problem) is problem
