"""Compile the kernel for every kind of twin, before several workers want it at once and wait for each other.

``python tests/kernel.py`` takes a second where all is kept already. `make test` has it done while types are checked,
each on a core of its own.
"""

from golden.refresh import models

from twin.engine import simulate

KINDS = ({}, {"branched": True}, {"rich": True})


def main() -> None:
    """Run the kept twins as every kind, the one with a dated change included."""
    for model in models().values():
        for kind in KINDS:
            simulate(model._replace(**kind), seed=7, engine="compiled", tell=print)


if __name__ == "__main__":
    main()
