"""Where finished replications are kept, so that a run that was ended goes on and one that is done answers at once.

One SQLite file beside the report, in WAL mode (with a rollback journal on a file system of another machine), written by
one process (`twin.holding`) in chunks: a chunk is there whole or not at all, and once `keep` has returned it survives a
crash of the program and of the machine (``synchronous = FULL``). A row is named by experiment, scenario and replication
and carries the SHA-256 of its name and content::

    experiment    hash, kept, inputs, provenance, sha256      kept: how many of its tasks, in order, were kept
    replication   experiment, scenario, replication, content, sha256

Content is bytes: the store knows nothing of figures. A second row of the same name must have the same bytes; otherwise
the program is not deterministic, which is an error. A damaged file is put aside, and what can be read of it is kept.

Sources: SQLite documentation, "Write-Ahead Logging" and "PRAGMA synchronous".
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from twin.errors import StorageError

T = TypeVar("T")

FILE: Final = "results.sqlite"
SCHEMA_VERSION: Final = 1
APPLICATION: Final = 0x54574E31
"""Says in the file's head that it is such a store."""

BUSY: Final = 60.0
"""Seconds to wait for another process that writes."""

CHECKED: Final = 64 << 20
"""Bytes up to which a file is looked through when it is opened; in a larger one damage shows where it is read."""

ENDINGS: Final = ("", "-wal", "-shm")
"""Of the files that make up a database."""

FAR: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "lustre", "gpfs", "ceph", "fuse.sshfs", "afs"})
"""Kinds of file systems on other machines, where the memory that WAL shares is none."""

_TABLES: Final = (
    """CREATE TABLE experiment (hash TEXT PRIMARY KEY, kept INTEGER NOT NULL, inputs TEXT NOT NULL,
    provenance TEXT NOT NULL, sha256 BLOB NOT NULL)""",
    """CREATE TABLE replication (experiment TEXT NOT NULL, scenario TEXT NOT NULL, replication INTEGER NOT NULL,
    content BLOB NOT NULL, sha256 BLOB NOT NULL, UNIQUE (experiment, scenario, replication))""",
    "CREATE INDEX by_scenario ON replication (scenario, replication)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


_EXPERIMENTS: Final = "SELECT hash, kept, inputs, provenance, sha256 FROM experiment"
_REPLICATIONS: Final = "SELECT experiment, scenario, replication, content, sha256 FROM replication"


class DeterminismError(StorageError):
    """The same replication gave other bytes than before: a defect of the program or of the machine."""


class Record(NamedTuple):
    """An experiment as it is kept."""

    hash: str
    inputs: str  # all that is needed to run it again, as JSON
    provenance: str  # what else its bytes may depend on, as JSON

    @property
    def sum(self) -> bytes:
        """The SHA-256 of the record."""
        return sha256("\0".join(self).encode("utf-8", "surrogatepass")).digest()


class Row(NamedTuple):
    """One replication as it is kept."""

    experiment: str
    scenario: str
    replication: int
    content: bytes

    @property
    def sum(self) -> bytes:
        """The SHA-256 of name and content."""
        name = f"{self.experiment}/{self.scenario}/{self.replication}/"
        return sha256(name.encode() + self.content).digest()


class Store:
    """A file of replications; it is made when the first is kept.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    losses
        What was found damaged, in words; empty where all is well.

    Raises
    ------
    StorageError
        Where the file is no store, or one of a later version, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.losses: list[str] = []
        self._open: sqlite3.Connection | None = None
        if path.exists():
            try:
                with _speaking(path):
                    self._open = _opened(path)
                    _look_through(self._open, path)
            except _Damage:
                self._salvage()

    def close(self) -> None:
        """Close the file; what was kept is in it."""
        if self._open is not None:
            with suppress(sqlite3.Error):
                self._open.close()
            self._open = None

    def experiments(self) -> tuple[Record, ...]:
        """List the experiments that can be read, in the order they were first kept."""
        rows = self._read(f"{_EXPERIMENTS} ORDER BY rowid", ())
        records = ((Record(name, *told), known) for name, _, *told, known in rows)
        return tuple(record for record, known in records if record.sum == known)

    def kept(self, experiment: str) -> int:
        """Tell how many tasks of an experiment, in their order, were kept."""
        return max(
            (kept for (kept,) in self._read("SELECT kept FROM experiment WHERE hash = ?", (experiment,))), default=0
        )

    def recall(self, experiment: str, scenario: str, replications: range) -> dict[int, Row]:
        """Give the rows of a scenario that are there and whole, by replication: the experiment's own before others'."""
        rows = self._read(
            f"{_REPLICATIONS} WHERE scenario = ? AND replication >= ? AND replication < ? ORDER BY experiment = ?",
            (scenario, replications.start, replications.stop, experiment),
        )
        return {row.replication: row for row in _whole(rows)}

    def keep(self, record: Record, rows: Sequence[Row], *, kept: int) -> None:
        """Keep rows, all or none of them.

        Parameters
        ----------
        record
            The experiment they belong to.
        rows
            One per replication.
        kept
            How many tasks of the experiment, in their order, are kept then.

        Raises
        ------
        StorageError
            Where they cannot be written; the store is then as it was.
        DeterminismError
            Where a row of the same name is there with other bytes.
        """

        def write() -> None:
            if self._open is None:
                self._open = _opened(self.path)
            with _transaction(self._open):
                _insert_record(self._open, record, kept)
                for row in rows:
                    _insert(self._open, row)

        self._surely(write)

    def _read(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._surely(lambda: [] if self._open is None else self._open.execute(query, values).fetchall())

    def _surely(self, do: Callable[[], T]) -> T:
        """Do something; where the file is found damaged, save what can be saved and do it again."""
        try:
            with _speaking(self.path):
                return do()
        except _Damage:
            self._salvage()
        try:
            with _speaking(self.path):
                return do()
        except _Damage:
            raise StorageError(f"{self.path} is damaged as it is written: the disk should be looked at") from None

    def _salvage(self) -> None:
        """Put the file aside and keep what can be read of it."""
        self.close()
        draft, aside = (self.path.with_name(f"{self.path.name}.{word}") for word in ("partial", "damaged"))
        with _speaking(self.path):
            _remove(draft)
            read = _copied(self.path, draft)
            _remove(aside)
            _put_aside(self.path, aside)
            draft.replace(self.path)  # from here on the store is whole
            self._open = _opened(self.path)
        self.losses.append(
            f"{self.path} was damaged: {read} replications could be read; the file is kept as {aside.name}"
        )


class _Damage(Exception):  # noqa: N818 - never leaves this module
    """The file is not what SQLite has written."""


def _opened(path: Path) -> sqlite3.Connection:
    """Open a store for writing, made if need be."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY)
    try:
        _set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    connection.text_factory = _text
    is_new = not _pragma(connection, "schema_version")
    if not is_new:
        _recognised(connection, path)
    connection.execute(f"PRAGMA journal_mode = {'DELETE' if _kind_of(path) in FAR else 'WAL'}")
    connection.execute("PRAGMA synchronous = FULL")
    if is_new:
        with _transaction(connection):
            for statement in _TABLES:
                connection.execute(statement)


def _kind_of(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Tell the kind of file system a file is on, where the system tells."""
    try:
        fields = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return ""
    folder = path.resolve().parent
    above = [(len(field[1]), field[2]) for field in fields if folder.is_relative_to(field[1])]
    return max(above, default=(0, ""))[1]


def _recognised(connection: sqlite3.Connection, path: Path) -> None:
    """See that the file is a store of this version."""
    if _pragma(connection, "application_id") != APPLICATION:
        raise StorageError(f"{path} is not a store of results; choose another output")
    schema = _pragma(connection, "user_version")
    if schema != SCHEMA_VERSION:
        raise StorageError(
            f"{path} was written by another version of Worktwin (schema {schema}); choose another output"
        )


def _look_through(connection: sqlite3.Connection, path: Path) -> None:
    """See that a file that is not too large is whole."""
    if path.stat().st_size <= CHECKED and connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
        raise _Damage


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    told: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return told


def _text(content: bytes) -> str:
    """Read text that may be damaged: its sum will tell."""
    return content.decode("utf-8", "replace")


def _copied(damaged: Path, draft: Path) -> int:
    """Copy what can be read of a damaged file; give the number of replications."""
    with closing(_opened(draft)) as new, closing(sqlite3.connect(damaged)) as old, _transaction(new):
        old.text_factory = _text
        for hashed, kept, *told, known in _readable(old, _EXPERIMENTS):
            if isinstance(kept, int) and Record(hashed, *told).sum == known:
                new.execute("INSERT OR IGNORE INTO experiment VALUES (?, ?, ?, ?, ?)", (hashed, kept, *told, known))
        for row in _whole(_readable(old, _REPLICATIONS)):
            new.execute("INSERT OR IGNORE INTO replication VALUES (?, ?, ?, ?, ?)", (*row, row.sum))
        read: int = new.execute("SELECT count(*) FROM replication").fetchone()[0]
    return read


def _readable(old: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a damaged table from its beginning to the damage, and from its end back to it."""
    for order in ("", " DESC"):
        with suppress(sqlite3.DatabaseError):
            yield from old.execute(f"{query} ORDER BY rowid{order}")


def _remove(path: Path) -> None:
    """Remove a database with its log."""
    for ending in ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _put_aside(path: Path, aside: Path) -> None:
    """Copy a database with its log, then remove the log, which belongs to no other; the database stays."""
    for ending in ENDINGS:
        part = path.with_name(path.name + ending)
        if part.exists():
            shutil.copyfile(part, aside.with_name(aside.name + ending))
            if ending:
                part.unlink()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _speaking(path: Path) -> Iterator[None]:
    """Say what SQLite reports in words for people."""
    try:
        yield
    except sqlite3.OperationalError as error:
        told = str(error)
        if "malformed" in told:
            raise _Damage from None
        room = "; make room and run again, what is kept stays" if "full" in told or "I/O" in told else ""
        raise StorageError(f"{path} cannot be written: {told}{room}") from None
    except sqlite3.DatabaseError:
        raise _Damage from None
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from None


def _insert_record(connection: sqlite3.Connection, record: Record, kept: int) -> None:
    connection.execute(
        "INSERT INTO experiment VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (hash) DO UPDATE SET kept = max(kept, excluded.kept)",
        (record.hash, kept, record.inputs, record.provenance, record.sum),
    )


def _insert(connection: sqlite3.Connection, row: Row) -> None:
    there = connection.execute(
        f"{_REPLICATIONS} WHERE experiment = ? AND scenario = ? AND replication = ?", row[:3]
    ).fetchall()
    known = next(iter(_whole(there)), None)
    if known is not None and known != row:
        raise DeterminismError(
            f"replication {row.replication} of {row.scenario[:12]} is not deterministic: it gave other bytes than "
            "those kept. Please report the twin, its seed and this machine"
        )
    if known is None:
        connection.execute("INSERT OR REPLACE INTO replication VALUES (?, ?, ?, ?, ?)", (*row, row.sum))


def _whole(rows: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    """Give the rows whose sum is right."""
    for *told, known in rows:
        row = _row(told)
        if row is not None and row.sum == known:
            yield row


def _row(told: Sequence[Any]) -> Row | None:
    match told:
        case [str(experiment), str(scenario), int(replication), bytes(content)]:
            return Row(experiment, scenario, replication, content)
    return None
