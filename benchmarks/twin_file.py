"""Every key of a twin file and of a scenario file, with what it says, its unit and an example, on one page.

Run ``python -m benchmarks.twin_file``: it writes ``docs/twin_file.md`` from the same descriptions that editors get from
``twin schema``. A test holds the page to them.
"""

from pathlib import Path
from typing import Any, Final

from twin.project import schema

PAGE: Final = Path(__file__).parents[1] / "docs" / "twin_file.md"
HEAD: Final = """# The files a person writes

Written by `python -m benchmarks.twin_file`. What has no default and is not said to be optional must be written.
Durations are `30 min`, `6 h`, `3 d`, `2 w`, with d for 24 hours of the clock; efforts are working time, in hours or
minutes; shares are `40 %`. `twin check FILE` tells every mistake with its line, and what a valid file says that nobody
can mean.
"""


def page() -> str:
    """Write the page."""
    parts = [HEAD]
    seen: set[str] = set()
    for kind, title in (("twin", "The twin"), ("scenario", "The question")):
        whole = schema(kind)
        parts.append(f"\n# {title}\n")
        parts.append(_section(kind, whole))
        names = [name for name in whole.get("$defs", {}) if name not in seen]
        seen.update(names)
        parts += [
            _section(name, whole["$defs"][name]) for name in sorted(names) if "properties" in whole["$defs"][name]
        ]
    return "\n".join(parts)


def _section(name: str, part: dict[str, Any]) -> str:
    told = _line(part.get("description", ""))
    lines = [f"## {name}", "", told, "", "| key | says | default |", "| --- | --- | --- |"]
    needed = part.get("required", [])
    for key, field in part["properties"].items():
        default = "must be written" if key in needed else _default(field)
        lines.append(f"| `{key}` | {_line(field.get('description', _of(field)))} | {default} |")
    return "\n".join(lines) + "\n"


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    return "" if value in (None, [], {}, "") else f"`{value}`"


def _of(field: dict[str, Any]) -> str:
    """Tell what a field without a description holds."""
    if "const" in field:
        return f"`{field['const']}`"
    choices = field.get("anyOf", [field])
    names = [each.get("$ref", "").rpartition("/")[2] or each.get("type", "") for each in choices]
    return ", ".join(f"`{each}`" for each in names if each and each != "null")


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
