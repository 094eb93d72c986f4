"""Long work about texts: telling everybody, and the proof of it as a file."""

import tempfile
from operator import attrgetter
from typing import BinaryIO, cast

from django.utils.translation import gettext_lazy as _

from consent.notices.models.policy_notifications import Announcement
from consent.notices.selectors import notification_reach
from consent.notices.selectors.notification_reach import Proof
from consent.notices.services import policy_notifications
from portal.kernel.core.errors import NotFound
from portal.kernel.jobs.export_columns import Column, stream_csv
from portal.kernel.jobs.job_types import Handle

REACH_PROOF = "notices.reach"
COLUMNS: list[Column[Proof]] = [Column(name, attrgetter(name)) for name in Proof.__dataclass_fields__]


def _announcement(handle: Handle) -> Announcement:
    found = (
        Announcement.objects.select_related("version__notice")
        .filter(pk=int(str(handle.parameters["announcement"])))
        .first()
    )
    if found is None:
        raise NotFound("Policy notification not found.", code="NO_SUCH_ANNOUNCEMENT")
    return found


class TellEveryone:
    """Parameter: ``announcement``. Run again it goes on with whoever was not told yet."""

    name = policy_notifications.TELL
    label = _("Notify everyone of a text")

    def run(self, handle: Handle) -> None:
        """Raises NotFound for a round that there is not."""
        policy_notifications.tell_everyone(_announcement(handle), progress=handle.progress, job=handle.reference)


class ReachProof:
    """Parameter: ``announcement``. A line for each person and channel: references, codes and times, no address."""

    name = REACH_PROOF
    label = _("Delivery report of a text")

    def run(self, handle: Handle) -> None:
        """Raises NotFound for a round that there is not."""
        announcement = _announcement(handle)
        total = notification_reach.tellings_of(announcement).count()
        with tempfile.TemporaryFile() as target:
            for done, line in enumerate(
                stream_csv(COLUMNS, notification_reach.proofs(announcement), for_spreadsheets=True)
            ):
                target.write(line)
                if done % notification_reach.A_BATCH == 0:
                    handle.progress(min(done, total), total)
            handle.progress(total, total)
            target.seek(0)
            version = announcement.version
            name = f"{version.notice.code}-{version.number}-{announcement.kind}-{announcement.round}.csv"
            handle.result(cast(BinaryIO, target), name)
