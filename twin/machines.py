"""A twin with the machines that it needs: each a stage, and a team that works round the clock.

The twin that a person wrote holds them as parts of steps and routes; what follows sees stages and teams only, and so it
sees people who go where most work waits (`twin.floating`).
"""

from twin.automated import automated
from twin.automation import machine_of
from twin.floating import with_floaters
from twin.people import Team
from twin.spec import Stage, Twin


def with_machines(twin: Twin) -> Twin:
    """Give a twin its machines, called ``<stage> automation``, and floating people; the twin itself without any."""
    twin = with_floaters(twin)
    at_once = machines_of(twin)
    if not at_once or at_once.keys() <= twin.teams.keys():
        return twin
    machines = {name: Team(people=size) for name, size in at_once.items()}
    stages = {name: Stage(team=name) for name in at_once}
    return twin.model_copy(update={"teams": twin.teams | machines, "stages": twin.stages | stages})


def machines_of(twin: Twin) -> dict[str, int]:
    """Give the machines that a twin needs, by name, with the number of visits each works on at once."""
    return {machine_of(each.stage): each.machine.at_once for work in twin.work.values() for each in automated(work)}
