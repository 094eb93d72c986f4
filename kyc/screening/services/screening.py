"""Customers and the people behind them, held against the sanctions lists: by the rule of names, and by names that sound alike.

A new edition of a list is held against everybody, in rounds: each round takes those who have no row of that edition, so
a round that dies is taken up by the next, and nobody is left out or done twice. A likeness is a question to people; what
two of them answered holds for the same name and the same entry in every later edition. What names are compared by has a
version (``comparison``): after a change everybody is screened again.
"""

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kyc.base.check_outcomes import CheckOutcome
from kyc.base.choices import DocumentState, LikenessState, ListSource
from kyc.base.models.cases import Case
from kyc.base.models.checks import Check
from kyc.base.models.parties import Party
from kyc.base.models.sanctions import Likeness, ListedEntry, SanctionsList, Screening
from kyc.cases.selectors import against_approval, current_editions, unscreened_cases, unscreened_parties
from kyc.cases.services import document_encryption
from kyc.names import normal_form
from kyc.names import version as names_version
from kyc.sanctions import Hit, Index, Listed, Thresholds
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import record
from portal.kernel.core import actor as actors
from portal.kernel.core import advisory_locks, ciphers, ids
from portal.kernel.core.actor import Actor
from portal.kernel.core.clock import day
from portal.kernel.core.enqueue import enqueue
from portal.kernel.core.errors import LostRace, PortalError, Refused
from portal.kernel.law.selectors import house_rule
from portal.kernel.vault.services.keys import Shredded

log = structlog.get_logger(__name__)

WORKER = actors.system("kyc.screening")
TASK: Final = "kyc.tasks.screen"
#: Of each kind in one round: a round takes seconds.
ROUND: Final = 200
DOMAIN: Final = "kyc.screening"
YEARS_APART: Final = "kyc.likeness_years_apart"
SIMILAR_WORD: Final = "kyc.similar_word"
SIMILAR_NAME: Final = "kyc.similar_name"
#: By how much an edition may shrink before it looks cut. Of a short list a few entries say nothing.
SHRINKS: Final = "kyc.list_shrinks"
FEW: Final = 10
#: By the clock of another country a list may be dated a day ahead of ours.
DAYS_AHEAD: Final = timedelta(days=1)
#: What people have agreed to, also where its last day has passed since.
APPROVED_ONCE: Final = (DocumentState.APPROVED, DocumentState.EXPIRED)
_indexes: dict[int, Index] = {}
_lock = threading.Lock()


def _require_whole(current: SanctionsList, size: int, *, has_names: bool, now: datetime) -> None:
    """A file that ends at the end of a line does not show that it was cut; the edition before it does."""
    if current.names_sha256 and not has_names:
        raise Refused(
            _("The edition in use came with a file of other names. Give that file too (--names)."), code="NAMES_MISSING"
        )
    lost = current.size - size
    percent = int(house_rule(SHRINKS, on=day(now)).amount or 0)
    if lost >= FEW and lost * 100 > current.size * percent:
        said = _(
            "The edition in use has %(before)d entries, this one %(now)d. Fetch the file again and compare it with its "
            "publication. If it is whole, import it with --compared."
        )
        raise Refused(said % {"before": current.size, "now": size}, code="MUCH_SMALLER")


def _is_read_alike(edition: SanctionsList, entries: Sequence[Listed]) -> bool:
    """Whether the entries that are stored are those that the reader of today finds in the same files."""
    stored = ListedEntry.objects.filter(edition=edition).values_list("uid", "kind", "names", "births", "countries")
    before = {uid: (kind, names, births, countries) for uid, kind, names, births, countries in stored.iterator()}
    found = {one.uid: (one.kind, list(one.names), list(one.births), list(one.countries)) for one in entries}
    return before == found


def import_edition(
    entries: Sequence[Listed],
    *,
    source: ListSource,
    version: date,
    sha256: str,
    names_sha256: str = "",
    is_compared: bool = False,
    actor: Actor,
    now: datetime,
) -> SanctionsList:
    """Take a new edition, in one transaction with its audit event; everybody is screened against it by the worker.

    The same files again change nothing, unless they are read otherwise than they were; two imports of one list take turns.
    Raises Refused for an edition of a day that
    has not come (AHEAD), which would keep every later one out, for one older than the one that counts (OLDER), and, unless
    whoever imports says that they have compared it with its publication, for one that looks cut: without other names where
    that one had them (NAMES_MISSING) or with far fewer entries (MUCH_SMALLER).
    """
    if version > day(now) + DAYS_AHEAD:
        said = _("The edition is dated %(version)s, and that day has not come. Check the date and import it again.")
        raise Refused(said % {"version": version.isoformat()}, code="AHEAD")
    with transaction.atomic():
        advisory_locks.take(f"kyc.sanctions:{source}")
        current = SanctionsList.objects.filter(source=source, superseded_at=None).first()
        is_same = current is not None and (current.sha256, current.names_sha256) == (sha256, names_sha256)
        if current is not None and is_same and _is_read_alike(current, entries):
            return current
        if current is not None and version < current.version:
            raise Refused(_("A newer edition of this list is in use."), code="OLDER")
        if current is not None and not is_compared:
            _require_whole(current, len(entries), has_names=bool(names_sha256), now=now)
        if current is not None:
            SanctionsList.objects.filter(pk=current.pk).update(superseded_at=now)
            ListedEntry.objects.filter(edition=current).delete()
        edition = SanctionsList.objects.create(
            source=source, version=version, sha256=sha256, names_sha256=names_sha256, size=len(entries), imported_at=now
        )
        rows = (
            ListedEntry(
                edition=edition,
                uid=entry.uid,
                kind=entry.kind,
                names=list(entry.names),
                births=list(entry.births),
                countries=list(entry.countries),
            )
            for entry in entries
        )
        ListedEntry.objects.bulk_create(rows, batch_size=500)
        record(
            AuditKind.KYC_SANCTIONS_IMPORTED,
            actor=actor,
            about=f"kyc.sanctions_list:{edition.pk}",
            facts={
                "source": str(source),
                "version": version.isoformat(),
                "sha256": sha256,
                "names_sha256": names_sha256,
                "count": len(entries),
                "compared": is_compared,
            },
            at=now,
        )
        enqueue(TASK)
    return edition


def screen_round(*, now: datetime) -> int:
    """Screen the next of those who have not been held against an edition that counts; returns how many rows were written."""
    written = _renamed(now)
    version = comparison(now=now)
    for edition in current_editions():
        cases = unscreened_cases(edition, version=version)[:ROUND]
        waiting: list[tuple[Case, Party | None]] = [(case, None) for case in cases]
        waiting += [(party.case, party) for party in unscreened_parties(edition, version=version)[:ROUND]]
        for case, party in waiting:
            try:
                written += screen(case, party, editions=[edition], now=now)
            except LostRace:  # a newer edition came: the next round takes that
                break
            except PortalError as error:  # one stops nobody behind it
                log.warning("kyc.not_screened_yet", case=case.reference, code=error.code)
    return written


def _renamed(now: datetime) -> int:
    """Those who have another name since they were screened and whose nudge was lost."""
    written = 0
    for case in Case.objects.filter(to_screen_since__isnull=False).select_related("customer").order_by("pk")[:ROUND]:
        try:
            written += screen_case(case, now=now)
        except PortalError as error:  # one stops nobody behind it
            log.warning("kyc.not_screened_yet", case=case.reference, code=error.code)
    return written


def thresholds(*, now: datetime) -> Thresholds:
    """From how much on names that sound alike go to a person: house rules of the day."""
    word, name = (int(house_rule(key, on=day(now)).amount or 0) for key in (SIMILAR_WORD, SIMILAR_NAME))
    return Thresholds(word, name)


def comparison(*, now: datetime) -> str:
    """What names are compared by, as each screening notes it: the version of the tables, and the thresholds."""
    alike = thresholds(now=now)
    return f"{names_version()}/{alike.word}/{alike.name}"


def screen(case: Case, party: Party | None, *, editions: Iterable[SanctionsList] | None = None, now: datetime) -> int:
    """Hold a customer or one of its people against every edition that counts, under the present name.

    Each edition is one transaction: the row, its likenesses and the audit event. Returns how many rows are new. Raises
    LostRace where a newer edition took the place of one meanwhile.
    """
    name = party.full_name if party else case.customer.name
    name_key = ciphers.blind_index(normal_form(name), domain=DOMAIN)
    births: set[str] | None = None
    alike, version = thresholds(now=now), comparison(now=now)
    written = 0
    for edition in current_editions() if editions is None else editions:
        done = Screening.objects.filter(
            case=case, party=party, edition=edition, name_key=name_key, names_version=version
        )
        if done.exists():
            continue
        births = _births(case, party) if births is None else births
        apart = int(house_rule(YEARS_APART, on=day(now)).amount or 0) if births else 0
        hits = _index_of(edition).hits(name, births=births, years_apart=apart, thresholds=alike)
        try:
            with transaction.atomic():
                _write(case, party, edition, name_key, name, hits, version, now)
        except IntegrityError:  # another worker screened the same name meanwhile
            if not done.exists():
                raise
            continue
        written += 1
    return written


def screen_case(case: Case, *, now: datetime) -> int:
    """The customer and everybody who stands behind it now, under their present names. Returns how many rows are new."""
    people = case.parties.filter(ended_at=None, erased_at=None).select_related("principal")
    written = sum(screen(case, party, now=now) for party in (None, *people))
    if case.to_screen_since is not None:  # a name of after this read stays to be screened
        Case.objects.filter(pk=case.pk, to_screen_since=case.to_screen_since).update(to_screen_since=None)
    return written


def require_clear(case: Case, *, now: datetime) -> None:
    """Before an approval: the customer and its people are screened, and no likeness waits or was found to be right.

    Raises Refused (LIKENESS). Without a list nobody is in the way.
    """
    screen_case(case, now=now)
    if against_approval(case).exists():
        said = _("A name of this case is like one on a sanctions list. Decide that first: KYC, Sanctions matches.")
        raise Refused(said, code="LIKENESS")


def _write(
    case: Case,
    party: Party | None,
    edition: SanctionsList,
    name_key: bytes,
    name: str,
    hits: Sequence[Hit],
    version: str,
    now: datetime,
) -> None:
    known = sum(_is_known(case, party, edition, name, hit, now) for hit in hits)
    Screening.objects.create(
        case=case,
        party=party,
        edition=edition,
        source=edition.source,
        list_version=edition.version,
        list_sha256=edition.sha256,
        name_key=name_key,
        names_version=version,
        likenesses=len(hits),
        known=known,
        screened_at=now,
    )
    subject_ref = party.subject_ref if party else case.subject_ref
    record(
        AuditKind.KYC_SCREENING_DONE,
        actor=WORKER,
        about=f"kyc.party:{party.reference}" if party else case.owner,
        subject_ref=subject_ref,
        facts={
            "case": case.reference,
            "source": edition.source,
            "version": edition.version.isoformat(),
            "sha256": edition.sha256,
            "likenesses": len(hits),
            "known": known,
        },
        at=now,
    )


def _is_known(case: Case, party: Party | None, edition: SanctionsList, name: str, hit: Hit, now: datetime) -> bool:
    """Whether people have answered this very pair; one that is new becomes a question to them."""
    pair = f"{normal_form(name)}\n{edition.source}\n{hit.entry.sha256}"
    keys = ciphers.blind_indexes(pair, domain=DOMAIN)
    earlier = Likeness.objects.filter(case=case, party=party, pair_key__in=keys).first()
    if earlier is not None:
        return earlier.state != LikenessState.OPEN
    Likeness.objects.create(
        reference=ids.new_reference("SC"),
        case=case,
        party=party,
        source=edition.source,
        uid=hit.entry.uid,
        list_version=edition.version,
        list_sha256=edition.sha256,
        decision=str(hit.decision),
        why=" ".join(hit.why),
        birth=hit.birth,
        score=hit.score,
        pair_key=keys[0],
        listed=asdict(hit.entry),
        found_at=now,
    )
    return False


def _index_of(edition: SanctionsList) -> Index:
    """Made once for an edition in each process; older editions are let go. Raises LostRace for one whose entries went."""
    with _lock:
        if edition.pk not in _indexes:
            current = set(current_editions().values_list("pk", flat=True))
            for gone in set(_indexes) - current:
                del _indexes[gone]
            rows = ListedEntry.objects.filter(edition=edition).order_by("pk")
            entries = [
                Listed(row.uid, row.kind, tuple(row.names), tuple(row.births), tuple(row.countries))  # type: ignore[arg-type]
                for row in rows.iterator(chunk_size=2_000)
            ]
            if len(entries) != edition.size:  # else a row would say for good that nobody is on the list
                raise LostRace(_("A newer sanctions list has just come in. Try again in a minute."))
            _indexes[edition.pk] = Index(entries)
        return _indexes[edition.pk]


def _births(case: Case, party: Party | None) -> set[str]:
    """The years of birth that a signature has proved, of the customer itself or the party; of a day only the year is kept.

    A year narrows what is looked for, so only documents count that people approved and whose name is this one's: a
    genuine paper of somebody else would hide a likeness.
    """
    runs = Check.objects.filter(
        document__case=case,
        document__party=party,
        document__erased_at=None,
        document__state__in=APPROVED_ONCE,
        name__in=("signature", "name"),
    )
    ahead = runs.select_related("evidence", "document__case", "document__party__principal").order_by("attempt")
    last = {(check.document_id, check.name): check for check in ahead}
    passed = {key: check for key, check in last.items() if check.outcome == CheckOutcome.PASS}
    found = set()
    for (document_id, name), check in passed.items():
        if name != "signature" or (document_id, "name") not in passed or not hasattr(check, "evidence"):
            continue
        try:
            opened = document_encryption.opened(check.document, check.evidence.sealed)
        except Shredded:
            continue
        found.add(str(json.loads(opened).get("birth", ""))[-4:])
    return found - {""}
