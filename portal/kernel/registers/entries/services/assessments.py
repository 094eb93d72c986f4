"""Impact assessments: begun from the register of processing, answered, judged by the officer, finished and printed."""

import hashlib
import io
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import rfc8785
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from portal.kernel.audit import services as audit
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import access, clock, date_format, pii_guard, typst_pdf
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.people.services import maker_checker
from portal.kernel.registers.base.choices import AttachmentKind
from portal.kernel.registers.base.models.security import Measure
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.base.services.entry_fields import at_field
from portal.kernel.registers.entries import rules
from portal.kernel.registers.entries.models.assessments import DpiaQuestionnaire
from portal.kernel.registers.entries.models.attachments import Attachment
from portal.kernel.registers.entries.models.processing import Dpia, ProcessingActivity, Product
from portal.kernel.registers.entries.services import attachments
from portal.kernel.registers.senders.selectors.senders import in_force


def begin(*, code: str, activities: Collection[str], actor: Actor, now: datetime) -> DpiaQuestionnaire:
    """Begin an assessment of these records of processing, filled with what the registers say now; one transaction.

    Raises NotAllowed; Refused for a record that is not in force (CHOICE_MISSING); LostRace where one of this code is open.
    """
    person = maker_checker.person_of(actor)
    access.require(person, Permission.BOOK_PROPOSE)
    rows = list(in_force(ProcessingActivity.objects.filter(code__in=activities), at=now).order_by("code"))
    if not rows or {row.code for row in rows} != set(activities):
        raise at_field("activities", _("Choose records of processing that are in force."), code="CHOICE_MISSING")
    try:
        with access.acting(person, Permission.BOOK_PROPOSE):
            found = DpiaQuestionnaire.objects.create(
                code=code,
                activities=[row.code for row in rows],
                version=rules.questionnaire().version,
                prefilled=_prefilled(rows, at=now),
                begun_at=now,
                begun_by=person,
            )
            _note(AuditKind.REGISTERS_DPIA_BEGUN, found, actor=actor, now=now)
    except IntegrityError as error:
        raise LostRace(_("An assessment with this code is open already. Continue that one.")) from error
    return found


def _prefilled(rows: Sequence[ProcessingActivity], *, at: datetime) -> dict[str, list[str]]:
    """What the registers say of these records, each list sorted and without repetition."""
    codes = {row.code for row in rows}
    products = in_force(Product.objects.all(), at=at).order_by("code")

    def every(name: str) -> list[str]:
        return sorted({value for row in rows for value in getattr(row, name)})

    bases = {f"{regime} {basis}" for row in rows for regime, basis in _bases(row) if basis}
    return {
        "systems": [product.name for product in products if codes & set(product.activities)],
        "data": every("used_categories"),
        "people": every("subjects"),
        "purposes": every("purposes"),
        "bases": sorted(bases),
        "recipients": every("recipients"),
        "transfers": every("transfers"),
        "retention": every("retention_classes"),
    }


def _bases(row: ProcessingActivity) -> Sequence[tuple[str, str]]:
    return tuple(row.bases.items())


def save(
    found: DpiaQuestionnaire,
    *,
    answers: Mapping[str, str],
    risks: Sequence[Mapping[str, Any]],
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what was answered so far and who did, in one transaction; an opinion that was given of other words ends.

    Raises NotAllowed; Refused for what cannot be kept, with its places (FORM), and for words with the number of an
    identity document (NUMBER_IN_WORDS); IllegalMove once it is finished.
    """
    person = maker_checker.person_of(actor)
    access.require(person, Permission.BOOK_PROPOSE)
    measures = set(in_force(Measure.objects.all(), at=now).values_list("code", flat=True))
    if wrong := rules.faults(rules.questionnaire(), answers, risks, measures):
        raise Refused(_("Correct this first: %(places)s.") % {"places": ", ".join(wrong)}, code="FORM")
    pii_guard.require_no_number(*answers.values(), *(str(risk["risk"]) for risk in risks))
    with access.acting(person, Permission.BOOK_PROPOSE):
        row = _open_row(found)
        kept, listed = dict(answers), [dict(risk) for risk in risks]
        if (row.answers, row.risks) != (kept, listed):
            row.answers, row.risks = kept, listed
            row.answered_by = sorted({*row.answered_by, person.pk})
            row.opinion, row.opinion_by, row.opinion_at = "", None, None
            row.save()
    found.refresh_from_db()


def give_opinion(found: DpiaQuestionnaire, *, opinion: str, shown_sha256: str, actor: Actor, now: datetime) -> None:
    """Write down the officer's opinion of what was answered, in one transaction with its audit event (GDPR Art 35(2)).

    ``shown_sha256`` is the ``digest`` of what the officer read; the event states it. Raises NotAllowed for anyone who began
    or answered the assessment and for who may not review registers; Refused for an empty or overlong opinion, for the
    number of an identity document, and where it was changed meanwhile (CHANGED); IllegalMove once it is finished.
    """
    person = maker_checker.person_of(actor)
    access.require(person, Permission.BOOK_REVIEW)
    text = opinion.strip()
    if not text or len(text) > rules.LONGEST:
        raise at_field("opinion", _("Enter an opinion of at most 4,000 characters."), code="FIELD_EMPTY")
    pii_guard.require_no_number(text)
    with access.acting(person, Permission.BOOK_REVIEW):
        row = _open_row(found)
        if person.pk in {row.begun_by_id, *row.answered_by}:
            raise NotAllowed(_("You worked on this assessment: someone else gives the opinion."))
        if digest(row) != shown_sha256:
            raise Refused(_("This was changed meanwhile. Read it again, then give the opinion."), code="CHANGED")
        row.opinion, row.opinion_by, row.opinion_at = text, person, now
        row.save(update_fields=["opinion", "opinion_by", "opinion_at"])
        _note(AuditKind.REGISTERS_DPIA_JUDGED, row, sha256=shown_sha256, actor=actor, now=now)
    found.refresh_from_db()


def finish(found: DpiaQuestionnaire, *, actor: Actor, now: datetime) -> None:
    """Finish an assessment that lacks nothing: its hash goes into the ledger with the audit event, and it changes no more.

    One transaction. Raises NotAllowed, Refused with the places of what it lacks (LACKING), IllegalMove once it is finished.
    """
    access.require(maker_checker.person_of(actor), Permission.BOOK_PROPOSE)
    with access.acting(maker_checker.person_of(actor), Permission.BOOK_PROPOSE):
        row = _open_row(found)
        lacks = rules.lacking(rules.questionnaire(), row.answers, row.risks, has_opinion=bool(row.opinion))
        if lacks:
            raise Refused(_("Still missing: %(places)s.") % {"places": ", ".join(lacks)}, code="LACKING")
        row.finished_at, row.sha256 = now, digest(row)
        row.save(update_fields=["finished_at", "sha256"])
        _note(AuditKind.REGISTERS_DPIA_FINISHED, row, sha256=row.sha256, actor=actor, now=now)
    found.refresh_from_db()


def _open_row(found: DpiaQuestionnaire) -> DpiaQuestionnaire:
    row = DpiaQuestionnaire.objects.select_for_update().get(pk=found.pk)
    if row.finished_at is not None:
        raise IllegalMove(_("This assessment is finished. Begin another one."))
    return row


def digest(row: DpiaQuestionnaire) -> str:
    """SHA-256 (hex) of the assessment as it is now, as RFC 8785 canonical JSON: what its audit events state."""
    names = ("code", "activities", "version", "prefilled", "answers", "risks", "opinion", "answered_by")
    people = {"begun_by": row.begun_by_id, "opinion_by": row.opinion_by_id}
    times = {
        "begun_at": clock.stamp(row.begun_at),
        "opinion_at": clock.stamp(row.opinion_at) if row.opinion_at else None,
    }
    return hashlib.sha256(
        rfc8785.dumps({**{name: getattr(row, name) for name in names}, **people, **times})
    ).hexdigest()


def attach(found: DpiaQuestionnaire, dpia: Dpia, *, actor: Actor, now: datetime) -> Attachment:
    """Attach the PDF of a finished assessment to its register entry (``attachments.add``). Raises as that, IllegalMove for
    one that is not finished, and Refused for the entry of another assessment (OTHER_CODE).
    """
    if found.finished_at is None:
        raise IllegalMove(_("This assessment is not finished."))
    if dpia.code != found.code:
        raise Refused(_("This assessment has another code than the register entry."), code="OTHER_CODE")
    stream = io.BytesIO(pdf(found, at=found.finished_at))
    kind, dated_on = AttachmentKind.ASSESSMENT, clock.day(found.finished_at)
    return attachments.add(dpia, stream=stream, extension="pdf", kind=kind, dated_on=dated_on, actor=actor, now=now)


def pdf(found: DpiaQuestionnaire, *, at: datetime) -> bytes:
    """The assessment as a paper: what the registers said, the answers, the risks with their levels, and the opinion."""
    form = rules.questionnaire()
    parts = [
        typst_pdf.part(
            f"{section.title} ({section.source})", [_line(found, question) for question in section.questions]
        )
        for section in form.sections
    ]
    heads = ("Risk", "Likelihood", "Severity", "Level", "Measures", "Residual risk")
    rows = [
        [
            risk["risk"],
            risk["likelihood"],
            risk["severity"],
            form.level(risk),
            ", ".join(risk["measures"]),
            risk["residual"],
        ]
        for risk in found.risks
    ]
    parts.append(typst_pdf.part("Risks (GDPR Art 35(7)(c), (d))", rows, "No risks.", heads=heads))
    given = date_format.in_both(found.opinion_at) if found.opinion_at else "Not yet"
    parts.append(
        typst_pdf.part("Opinion of the officer", [["Given", given], ["Opinion", found.opinion or "None yet."]])
    )
    if found.sha256:
        parts.append(typst_pdf.part("Proof", [["SHA-256 of the assessment", typst_pdf.in_groups(found.sha256)]]))
    title = f"Data protection impact assessment: {found.code}"
    return typst_pdf.paper(title, parts, at=at, footer=f"DPIA {found.code}")


def _line(found: DpiaQuestionnaire, question: rules.Question) -> list[str]:
    if question.kind == rules.PREFILL:
        return [question.text, ", ".join(found.prefilled.get(question.code, [])) or "None"]
    return [question.text, found.answers.get(question.code, "").replace("_", " ") or "Not answered"]


def _note(kind: AuditKind, row: DpiaQuestionnaire, *, actor: Actor, now: datetime, sha256: str | None = None) -> None:
    facts: dict[str, str | int | bool | None] = {"version": row.version, "sha256": sha256}
    audit.record(kind, actor=actor, about=f"registers.dpiaquestionnaire:{row.pk}", facts=facts, at=now)
