"""Where the example files are: in the repository's ``scenarios`` folder, or packed beside the package."""

from pathlib import Path

from twin.errors import InputError, one_of


def example(name: str) -> Path:
    """Give the folder of an example.

    Parameters
    ----------
    name
        Such as ``demo`` or ``payments``.

    Raises
    ------
    InputError
        Where there is none of that name.
    """
    package = Path(__file__).parent
    packed = package / "scenarios"
    folder = packed if packed.is_dir() else package.parent / "scenarios"
    names = [each.name for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []
    if name not in names:
        raise InputError(one_of(name, names, noun="an example"))
    return folder / name
