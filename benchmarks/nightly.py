"""Run the long suites and record the result: `python -m benchmarks.nightly`, or `make nightly`."""

import platform
import re
import subprocess
import sys
import time
from pathlib import Path

RESULT = Path(__file__).with_name("nightly.md")


def main() -> int:
    """Run every test marked nightly, write benchmarks/nightly.md, and give pytest's exit code."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-m", "nightly", "-v", "-s", "--timeout=7200", "-p", "no:cacheprovider"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=RESULT.parents[1])
    minutes = (time.perf_counter() - began) / 60
    outcomes = re.findall(r"^(tests/\S+::\S+).*?(PASSED|FAILED|ERROR|SKIPPED)", run.stdout, re.MULTILINE)
    rows = [f"| `{name}` | {outcome.lower()} |" for name, outcome in outcomes]
    last = run.stdout.strip().splitlines()[-1].strip("= ") if run.stdout.strip() else run.stderr.strip()[-200:]
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    text = [
        "# The last nightly run",
        "",
        f"{last}; {minutes:.1f} minutes on {machine}. Written by `python -m benchmarks.nightly`.",
        "",
        "| test | result |",
        "|---|---|",
        *rows,
    ]
    RESULT.write_text("\n".join(text) + "\n", encoding="utf-8")
    print("\n".join(text))
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
