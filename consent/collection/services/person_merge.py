"""Two records of one person are merged by two people: where either said no, no yes of the other stays."""

from datetime import datetime
from uuid import UUID

from consent.base.choices import Way
from consent.collection.rules import merge_precedence
from consent.collection.services.consent_expiry import end_all
from consent.records.models.events import ConsentEvent
from consent.records.selectors import history
from consent.records.services import subject_locks
from consent.suppressions.services.undos import end_undo
from portal.kernel.core import actor as actors


def keep_the_stricter(*, old_ref: UUID, new_ref: UUID, at: datetime) -> int:
    """End each yes that the other record contradicts, in the caller's transaction and before the two are joined: a later yes
    of one record does not outlive a no of the other (``refold_joined`` alone would let the later word count).

    Fills ``ports.people_merging``. Returns how many ended. Nothing is deleted: both histories stay, and the person may say
    yes again. Where both refused, no undo of a stop restores what one of them had agreed to before.
    """
    for ref in sorted((old_ref, new_ref)):
        subject_locks.take_all_of(ref)
    words = {ref: {_word(event): event for event in _last(ref)} for ref in (old_ref, new_ref)}
    count = 0
    for mine, other in ((old_ref, new_ref), (new_ref, old_ref)):
        over = [words[mine][word] for word in merge_precedence.ends(words[mine], words[other])]
        refused = merge_precedence.refused(words[mine], words[other])
        again = [words[mine][word] for word in refused]
        end_undo(mine, again, way=Way.MERGED, actor=actors.system("consent.merging"), at=at)
        count += end_all(mine, over, way=Way.MERGED, actor=actors.system("consent.merging"), at=at)
    return count


def _last(ref: UUID) -> list[ConsentEvent]:
    return history.words(history.events_of(ref))


def _word(event: ConsentEvent) -> merge_precedence.Word:
    about = (event.fiduciary_id, event.purpose, event.channel)
    return merge_precedence.Word(about, (bytes(event.address_key), event.pk), str(event.answer))
