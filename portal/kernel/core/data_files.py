"""Files that come with a package, found from the package and not from the module that reads them."""

from importlib.resources import files
from pathlib import Path


def data_of(package: str) -> Path:
    """The folder ``data`` of an app, such as ``"kyc"``; its modules may stand at any depth below it."""
    return Path(str(files(package))) / "data"
