import shutil

import pytest
from django.core.files.storage import storages


@pytest.fixture(autouse=True)
def storage_of_its_own() -> None:
    """Each test begins with an empty vault: rows are emptied between tests, and the bytes of the one before are no orphans."""
    shutil.rmtree(storages["vault"].location, ignore_errors=True)
