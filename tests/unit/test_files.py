"""Paths stay inside the project, and what is written is there whole or not at all."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError, StorageError, shown
from twin.files import inside, read_yaml, safe_name, writable, write_bytes, write_text


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "scenarios").mkdir(parents=True)
    (root / "twin.yaml").write_text("twin: x\n")
    (tmp_path / "secret.yaml").write_text("secret: 1\n")
    return root


def test_a_path_is_relative_to_the_file_it_stands_in(project: Path) -> None:
    assert inside(project, project / "scenarios", "../twin.yaml") == (project / "twin.yaml").resolve()


@pytest.mark.parametrize(
    "text",
    [
        "../../secret.yaml",
        "../../../../../../etc/passwd",
        "/etc/passwd",
        "~/twin.yaml",
        "file:///etc/passwd",
        "http://example.org/twin.yaml",
        "//server/share/twin.yaml",
        "\\\\server\\share\\twin.yaml",
        "C:\\twin.yaml",
        "C:twin.yaml",
        "..\\..\\secret.yaml",
        "",
        "twin.yaml\0",
    ],
)
def test_a_path_that_leaves_the_project_is_refused(project: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"inside the project|outside the project folder|is no path"):
        inside(project, project / "scenarios", text)


def test_a_link_that_leads_outside_is_refused(project: Path) -> None:
    (project / "link.yaml").symlink_to(project.parent / "secret.yaml")
    with pytest.raises(InputError, match="outside the project folder"):
        inside(project, project, "link.yaml")


def test_a_linked_folder_that_leads_outside_is_refused(project: Path) -> None:
    (project / "up").symlink_to(project.parent)
    with pytest.raises(InputError, match="outside the project folder"):
        inside(project, project, "up/secret.yaml")


def test_a_link_inside_the_project_is_followed(project: Path) -> None:
    (project / "link.yaml").symlink_to(project / "twin.yaml")
    assert inside(project, project, "link.yaml").name == "twin.yaml"


def special_file(kind: str, folder: Path) -> Path:
    path = folder / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        server = socket.socket(socket.AF_UNIX)
        server.bind(os.path.relpath(path))
        server.close()
    return path


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("kind", "said"), [("folder", "is a folder"), ("fifo", "not a regular"), ("socket", "not a regular")]
)
def test_only_regular_files_are_read_and_nothing_blocks(
    project: Path, kind: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    special_file(kind, project)
    with pytest.raises(InputError, match=said):
        inside(project, project, kind)
    with pytest.raises(InputError, match=said):
        read_yaml(project / kind)


@pytest.mark.timeout(10)
def test_a_device_is_not_read() -> None:
    with pytest.raises(InputError, match="is not a regular file"):
        read_yaml(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["missing.yaml", "x" * 5000, "a\0b", "twin.yaml/x"])
def test_a_path_that_cannot_be_read_is_said_so(project: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be read|is no path"):
        read_yaml(project / name)


def test_errors_show_the_name_the_user_wrote(project: Path) -> None:
    (project / "bad.yaml").write_text("- a")
    with pytest.raises(InputError, match=r"^scenarios/bad\.yaml:1: expected one mapping"):
        read_yaml(project / "bad.yaml", shown_as="scenarios/bad.yaml")


def test_a_text_is_written_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "Grüße\n")
    assert (tmp_path / "a.txt").read_bytes() == "Grüße\n".encode()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"a\.txt cannot be written: No space left"):
        write_text(path, "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_bytes(tmp_path / "link", b"1")
    assert (tmp_path / "real").read_bytes() == b"1"


def test_text_that_is_no_unicode_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="surrogates not allowed"):
        write_text(tmp_path / "a", "\ud800")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "is a folder"),
        ("fifo", "is not a regular file"),
        ("missing/a.txt", "No such file"),
        ("in.yaml/a.txt", "Not a directory"),
        ("CON", "is not a file name"),
        ("nul.txt", "is not a file name"),
        ("a\0b", "is not a file name"),
        ("x" * 300, "File name too long"),
        ("in.yaml", "is an input of this run"),
        ("folder/../in.yaml", "is an input of this run"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_run(tmp_path: Path, name: str, said: str) -> None:
    special_file("folder", tmp_path)
    special_file("fifo", tmp_path)
    (tmp_path / "in.yaml").write_text("a: 1")
    with pytest.raises(StorageError, match=said):
        writable(tmp_path / name, inputs=[tmp_path / "in.yaml"])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="/proc is a folder nobody can write to, on Linux only")
def test_a_folder_that_takes_no_files_is_refused_before_the_run() -> None:
    with pytest.raises(StorageError, match=r"/proc/a\.txt cannot be written"):
        writable(Path("/proc/a.txt"))


@given(
    st.text() | st.sampled_from(["../../x", "<b>", "e" * 10_000, "🙂", "\u202eabc", "CON", ".", "", "a/b\0", "\ud800"])
)
def test_any_name_gives_a_plain_file_name(text: str) -> None:
    name = safe_name(text)
    assert name.replace("-", "").isalnum()
    assert name.isascii()
    assert len(name) <= 60


def test_names_that_look_alike_get_different_files() -> None:
    assert len({safe_name(text) for text in ("One more!", "one more", "one-more", "ONE MORE")}) == 4


def test_a_name_is_shown_escaped_and_short() -> None:
    text = shown("\u202e<b>" + "x" * 10_000)
    assert text.isprintable()
    assert len(text) <= 80


def test_reading_loads_no_heavy_library() -> None:
    heavy = "{'numba', 'scipy', 'simpy', 'altair', 'numpy', 'polars'}"
    code = f"import sys, twin.files, twin.layout, twin.validation; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
