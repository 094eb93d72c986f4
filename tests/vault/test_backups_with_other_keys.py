"""A backup with keys that are not its own: those of another, older ones under newer rows, and those of people erased since."""

import shutil
from uuid import uuid4

import pytest

from portal.kernel.core.ciphers import CannotDecrypt
from portal.kernel.core.errors import PortalError
from portal.kernel.people.models import Principal
from portal.kernel.vault import backups
from portal.kernel.vault.backups import Places
from portal.kernel.vault.models import SubjectKey
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded
from tests.people.factories import PrincipalFactory
from tests.vault.factories import stored
from tests.vault.test_backups import OPERATOR, places, taken  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def opened(file) -> bytes:
    with files.open_stream(file, actor=OPERATOR, reason="drill") as stream:
        return stream.read()


@pytest.mark.parametrize("moved", ["keys.osv", "data.key", "manifest.json", "all"])
def test_a_backup_whose_keys_are_of_another_changes_nothing(places: Places, moved: str) -> None:  # noqa: F811
    stored(b"before")
    first = taken(places)
    PrincipalFactory(full_name="Somebody who came later")
    second = taken(places)
    source, target = places.keys / first.name, places.keys / second.name
    for path in source.iterdir():
        if moved in {"all", path.name}:
            shutil.copy(path, target / path.name)
    Principal.objects.update(full_name="as it is now")

    def bring_back() -> None:
        one = backups.one(second.name, places)
        backups.bring_back(one, places=places, keys_of=one, replace=True)

    with pytest.raises((PortalError, CannotDecrypt)):
        bring_back()
    assert Principal.objects.get().full_name == "as it is now"


def test_older_keys_open_what_is_older_and_the_answer_counts_what_they_do_not_open(places: Places) -> None:  # noqa: F811
    before = stored(b"before")
    one = taken(places)
    whose = before.subject_ref
    under_the_same_key = stored(b"under the same key", subject_ref=whose)
    after = stored(b"after", subject_ref=uuid4())
    erased = stored(b"erased", subject_ref=uuid4())
    files.shred(subject_ref=erased.subject_ref, retention_class="kyc")
    back = backups.bring_back_keys(one, places=places, replace=True)
    assert back.closed == 1
    assert (opened(before), opened(under_the_same_key)) == (b"before", b"under the same key")
    with pytest.raises(Shredded):
        opened(after)
    again = stored(b"sent in again", subject_ref=after.subject_ref)
    assert opened(again) == b"sent in again"
    assert SubjectKey.objects.filter(subject_ref=after.subject_ref).count() == 1
