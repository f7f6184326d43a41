"""Which work types bring forth which, and which wait for which: neither may go in a circle.

A type that brings forth itself would never come to an end, unless by chance: failure demand may breed its own kind,
less than one item each on average. A type that waits, over others, for itself could never begin; only items of one
type may wait for each other, since later ones wait for earlier ones.
"""

from collections.abc import Iterator, Mapping

from twin.arrivals import Closed, Pull, Size
from twin.branches import Placed, Step, placed
from twin.children import Breeds, Children
from twin.errors import Problem, one_of
from twin.work import Work, branches_of, efforts_of

Circle = tuple[str, ...]


def mean_count(size: Size) -> float:
    """Give how many items a size means on average."""
    return float(size) if isinstance(size, int) else sum(int(items) * share for items, share in size.items())


def largest(size: Size) -> int:
    """Give how many items a size means at most."""
    return size if isinstance(size, int) else max(map(int, size))


def sources(work: Work) -> Iterator[tuple[str, Children | Breeds]]:
    """List what a work type brings forth, each with its path in the work type."""
    for each in placed(work.steps or ()):
        if each.step.children is not None:
            yield f"steps.{each.path}.children", each.step.children
        if each.step.breeds is not None:
            yield f"steps.{each.path}.breeds", each.step.breeds
    if work.breeds is not None:
        yield "breeds", work.breeds


def problems(works: Mapping[str, Work], inside: Mapping[str, int]) -> Iterator[Problem]:
    """Find what cannot be in how work types depend on each other.

    Parameters
    ----------
    works
        All work types by name.
    inside
        How many items of each are inside at the start.
    """
    for name, work in works.items():
        yield from _unknown(works, name, work)
        yield from _unplaced(f"work.{name}", work)
        yield from _pulled(f"work.{name}.arrivals", work, inside.get(name, 0))
    brought = {name: _brought_forth(name, work) for name, work in works.items()}
    awaited = {name: _awaited(name, work) for name, work in works.items()}
    for what, links in (("bring each other forth", brought), ("wait for each other", awaited)):
        circle = _circle(links)
        if circle:
            yield Problem(f"these work types {what} in a circle: {' -> '.join(circle)}", f"work.{circle[0]}")


def _unknown(works: Mapping[str, Work], name: str, work: Work) -> Iterator[Problem]:
    named = [(f"{path}.work", source.work) for path, source in sources(work)]
    named += [(f"after.{index}", each) for index, each in enumerate(work.after)]
    named += [("depends.on", work.depends.on)] if work.depends is not None else []
    for path, each in named:
        if each not in works:
            yield Problem(one_of(each, works, noun="a work type of this twin"), f"work.{name}.{path}")


def _unplaced(path: str, work: Work) -> Iterator[Problem]:
    """Find waiting for which there is no visit that it could come before."""
    for each in placed(work.steps or ()):
        if each.step.children is not None and each.step.children.wait and not _goes_on(each):
            yield Problem(
                "a parent that waits for its children goes on at a step after this one: add one, or write wait: false",
                f"{path}.steps.{each.path}.children",
            )
    if work.cancel and branches_of(work):
        yield Problem(
            "work with parallel branches is not cancelled: its branches would have to go together", f"{path}.cancel"
        )
    waits = "after" if work.after else "depends" if work.depends is not None else None
    begins = work.route is not None and any(name in work.route.parallel for name in work.route.start)
    if waits and (begins or (work.steps and not isinstance(work.steps[0], Step))):
        yield Problem("waits before its first step, which cannot be parallel branches", f"{path}.{waits}")


def _goes_on(each: Placed) -> bool:
    return each.place + 1 < len(each.line) and isinstance(each.line[each.place + 1], Step)


def _pulled(path: str, work: Work, inside: int) -> Iterator[Problem]:
    arrivals, stages = work.arrivals, efforts_of(work)
    if isinstance(arrivals, Pull) and arrivals.stage not in stages:
        yield Problem(one_of(arrivals.stage, stages, noun="a stage of this work type"), f"{path}.stage")
    if isinstance(arrivals, Closed) and inside > arrivals.items:
        yield Problem(f"{inside} items are inside at the start, but only {arrivals.items} go round", f"{path}.items")


def _brought_forth(name: str, work: Work) -> set[str]:
    found = set()
    for _, source in sources(work):
        dies_out = isinstance(source, Breeds) and source.chance * mean_count(source.count) < 1
        if source.work != name or not dies_out:
            found.add(source.work)
    return found


def _awaited(name: str, work: Work) -> set[str]:
    children = {source.work for _, source in sources(work) if isinstance(source, Children) and source.wait}
    on = {work.depends.on} if work.depends is not None else set()
    return children | ((set(work.after) | on) - {name})


def _circle(links: Mapping[str, set[str]]) -> Circle:
    """Find a circle, as the names along it, the first of them again at its end; nothing where there is none."""
    done: set[str] = set()
    for begin in links:
        way, waiting = [begin], [sorted(links[begin])]
        while way:
            if not waiting[-1]:
                done.add(way.pop())
                waiting.pop()
                continue
            following = waiting[-1].pop(0)
            if following in way:
                return (*way[way.index(following) :], following)
            if following not in done and following in links:
                way.append(following)
                waiting.append(sorted(links[following]))
    return ()
