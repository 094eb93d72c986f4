"""The registers that stand in an evidence pack: which rows belong to a period, and which columns leave.

Codes, references, hashes and times only. A column that is declared to hold personal data may not be named here
(system check evidence.E001); what a person wrote is shown to an auditor in the portal, on request, not in a pack.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet

from portal.fronts.evidence.columns import Column, renderer
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.registers.base.models.register_entries import BookEntry, every_book

#: The column that tells apart why a row belongs to the period.
IN_PERIOD = "in_period"


@dataclass(frozen=True)
class Register:
    """One list: the model's label and the columns. ``moment`` is when an act was recorded, of a model without days of its own."""

    name: str
    label: str
    moment: str
    columns: tuple[Column, ...]

    @property
    def days(self) -> RegisterDays:
        """When rows were entered, changed, in force and ended."""
        declared: RegisterDays | None = getattr(self.model, "register_days", None)
        if self.moment or declared is None:
            return RegisterDays(entered=self.moment)
        return declared

    @property
    def heads(self) -> tuple[str, ...]:
        """The columns' names; of what is more than an act the last one tells apart why the row is there."""
        names = [column.name for column in self.columns]
        return (*names, *([IN_PERIOD] if len(self.days.names) > 1 else []))

    @property
    def model(self) -> type[Model]:
        """The model behind it."""
        return apps.get_model(self.label)

    def rows(self, start: datetime, end: datetime, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[tuple[Any, ...]]:
        """The rows of a period under ``heads``, in the order of their numbers, a chunk at a time; values as JSON has them.

        ``using``: the view of the database in which they are read.
        """
        marks = self.days.names
        paths = [path for column in self.columns for path in column.paths]
        chosen, render = self.chosen(start, end).using(using).order_by("pk"), renderer(self.model, self.columns)
        if len(marks) == 1:
            yield from map(render, chosen.values_list(*paths).iterator(chunk_size=2_000))
            return
        marked = [f"period_{mark}" for mark in marks]
        for row in chosen.values_list(*paths, *marked).iterator(chunk_size=2_000):
            said = [mark for mark, is_so in zip(marks, row[len(paths) :], strict=True) if is_so]
            yield (*render(row[: len(paths)]), said)

    def chosen(self, start: datetime, end: datetime) -> QuerySet[Any]:
        """What belongs to a period: in force at any time of it, or entered, changed or ended in it."""
        return self.days.in_period(self.model._default_manager.all(), start, end)

    def line(self, row: tuple[Any, ...]) -> bytes:
        """A row as a line of JSON: what a pack holds, and what a sample hashes."""
        said = dict(zip(self.heads, row, strict=True))
        return (json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _register(name: str, label: str, moment: str, columns: str) -> Register:
    """Every register begins with the number of the row: a sample names it."""
    return Register(name, label, moment, tuple(map(Column.parse, ["row=pk", *columns.split()])))


#: The registers of the company, each a list of its own with every column of its form.
BOOKS: Sequence[type[BookEntry]] = every_book()


def _book(model: type[BookEntry]) -> Register:
    entered = " ".join(PERSON_IN_A_BOOK if name == "customer" else name for name in model.SHOWN)
    columns = f"{FIDUCIARY} {entered} {_DAYS} reviewed_at {_FOUR_EYES}"
    return _register(f"book_{model._meta.model_name}", model._meta.label, "", columns)


FIDUCIARY = "fiduciary=fiduciary__code"
PERSON_IN_A_BOOK = "subject_ref=customer__subject__ref"
_DAYS = "starts_at ends_at ended_by"
_FOUR_EYES = "act made_by made_at checked_by checked_at shown_sha256 answer"

REGISTERS: Sequence[Register] = (
    _register(
        "attachments",
        "registers.Attachment",
        "",
        "reference about kind dated_on media_type pages size=file__size sha256 original_sha256 added_by added_at ended_at",
    ),
    _register(
        "audit",
        "audit.AuditEvent",
        "entry__recorded_at",  # not "at": each row's leaf stands in the pack then, also where an act lies further back
        "event_id=entry__event_id leaf_index=entry__leaf__index kind actor=actor_kind,actor_ref via about facts subject_ref at",
    ),
    _register("checkpoints", "ledger.Checkpoint", "signed_at", "size root signed_at"),
    _register(
        "clock_events",
        "law.ClockEvent",
        "recorded_at",
        "owner=clock__owner rule_key=clock__rule_key kind at actor=actor_ref due_at percent reason_code recorded_at",
    ),
    _register(
        "clocks",
        "law.Clock",
        "",
        "owner subject_ref kind rule_key zone started_at due_at target_at outer_limit_at state stopped_at ended "
        "late_because extended_by=extended_by__key extended_because corrects is_confirmed paused_at",
    ),
    _register("company_details", "registers.CompanyDetails", "", f"effective_from {_FOUR_EYES}"),
    _register(
        "consent_managers",
        "registers.ConsentManager",
        "",
        f"{FIDUCIARY} board_number name public_key {_DAYS} {_FOUR_EYES}",
    ),
    _register(
        "consents",
        "consent.ConsentEvent",
        "recorded_at",
        "event_id=entry__event_id leaf_index=entry__leaf__index receipt=receipt__reference subject_ref "
        "fiduciary=fiduciary__code address_kind address_key address_verified purpose channel sender answer "
        "notice_version notice_language notice_sha256 way actor=actor_kind,actor_ref previous=previous__entry__event_id occurred_at "
        "recorded_at expires_at",
    ),
    _register(
        "content_templates",
        "registers.ContentTemplate",
        "",
        f"{FIDUCIARY} channel template_id category language state {_DAYS} {_FOUR_EYES}",
    ),
    _register(
        "deliveries",
        "outbox.Delivery",
        "happened_at",
        "message=message__reference kind=message__kind channel=message__channel purpose=message__purpose attempt outcome "
        "code happened_at",
    ),
    _register(
        "disclosures",
        "registers.Disclosure",
        "disclosed_at",
        "reference recipient_code subject_ref fields purpose basis about disclosed_at",
    ),
    _register(
        "erasure_runs",
        "retention.ErasureRun",
        "",
        "reference state started_by started_at finished_at due held kept_by_law erased certificate_sha256",
    ),
    _register(
        "files",
        "vault.StoredFile",
        "",
        "id subject_ref retention_class kind size sha256 stored_at shredded_at",
    ),
    _register(
        "holds",
        "retention.Hold",
        "",
        "subject_ref retention_class order_reference placed_by placed_at released_at",
    ),
    _register(
        "instruction_steps",
        "registers.InstructionFact",
        "recorded_at",
        "instruction=instruction__reference kind happened_at recorded_at actor=actor_ref",
    ),
    _register(
        "instructions",
        "registers.Instruction",
        "given_at",
        "reference recipient=recipient__code fiduciary=fiduciary__code kind subject_ref about covers given_at "
        "sequence=telling__sequence message=telling__message__reference",
    ),
    _register(
        "information_requests",
        "evidence.InformationRequest",
        "",
        "reference control state asked_by asked_at due_on answered_at accepted_at",
    ),
    _register("jobs", "jobs.Job", "", "reference kind state started_by created_at finished_at failure_code"),
    _register(
        "kyc_checks",
        "kyc.Check",
        "",
        "document=document__reference case=document__case__reference name attempt outcome reason severity document_sha256 "
        "plan_version method check_version key_sha256 inquiry_ref started_at ended_at",
    ),
    _register(
        "kyc_decisions",
        "kyc.Decision",
        "",
        f"reference document=document__reference document_sha256 outcome reason_code {_FOUR_EYES}",
    ),
    _register(
        "kyc_screenings",
        "kyc.Screening",
        "screened_at",
        "case=case__reference party=party__reference source list_version list_sha256 names_version likenesses known screened_at",
    ),
    _register(
        "sanctions_lists",
        "kyc.SanctionsList",
        "",
        "source version sha256 names_sha256 size imported_at superseded_at",
    ),
    _register(
        "house_rules",
        "law.HouseRule",
        "",
        "key version amount unit start_event counting effective_from effective_to sha256 recorded_at",
    ),
    _register(
        "legal_rules",
        "law.LegalRule",
        "",
        "key version law provision jurisdiction amount unit start_event counting effective_from effective_to "
        "confidence sha256 recorded_at",
    ),
    _register(
        "messages",
        "outbox.Message",
        "",
        "reference kind subject_ref fiduciary channel language purpose category about template_language template_sha256 "
        "state created_at sent_at",
    ),
    _register(
        "notice_versions",
        "consent.NoticeVersion",
        "",
        "notice=notice__code number state effective_on drafted_at published_at",
    ),
    _register("officers", "registers.Officer", "", f"kind title effective_from {_FOUR_EYES}"),
    _register(
        "purposes",
        "law.Purpose",
        "",
        "code version message_category effective_from effective_to made_by=made_by_ref "
        "checked_by=checked_by_ref shown_sha256 recorded_at",
    ),
    _register(
        "recipients",
        "registers.Recipient",
        "",
        f"code name kind {FIDUCIARY} purposes channels used_categories country address_form {_DAYS} {_FOUR_EYES}",
    ),
    _register(
        "reported_sends",
        "registers.ReportedSend",
        "reported_at",
        "recipient_code=recipient__code reference_sha256 address_key purpose channel sent_at reported_at",
    ),
    _register(
        "retention_rules",
        "retention.RetentionRule",
        "",
        "retention_class version counts_from house_rule legal_rules erasing_rules notice_rules needs_approval "
        "effective_from sha256 recorded_at",
    ),
    _register(
        "role_grants",
        "people.RoleGrant",
        "",
        "user role=role__code starts_at ends_at granted_at data_from data_to areas",
    ),
    _register(
        "role_proposals",
        "people.RoleProposal",
        "",
        f"change user role=role__code data_from data_to areas {_FOUR_EYES}",
    ),
    _register(
        "sender_defects",
        "registers.SenderDefect",
        "",
        f"{FIDUCIARY} channel purpose sender=sender__value template=template__template_id category first_at last_at",
    ),
    _register(
        "senders",
        "registers.Sender",
        "",
        f"{FIDUCIARY} kind value carries records_calls {_DAYS} {_FOUR_EYES}",
    ),
    _register("sending_entities", "registers.SendingEntity", "", f"{FIDUCIARY} entity_id {_DAYS} {_FOUR_EYES}"),
    _register(
        "sends_after_withdrawals",
        "consent.SendAfterWithdrawal",
        "",
        "send recipient_code event=event__entry__event_id suppression=suppression__entry__event_id purpose channel withdrawn_at sent_at "
        "found_at finding looked_at looked_by",
    ),
    _register("sign_ins", "people.SignIn", "at", "user subject_ref=user__principal__subject__ref outcome at"),
    _register(
        "tickets",
        "grievances.Ticket",
        "",
        "reference fiduciary=fiduciary__code subject_ref kind for_whom state closed_because language received_at "
        "acknowledged_at answered_at closed_at due_at round",
    ),
    _register(
        "ticket_entries",
        "grievances.TicketEntry",
        "at",
        "ticket=ticket__reference kind author written_by visibility at round",
    ),
    _register(
        "authority_orders",
        "registers.AuthorityOrder",
        "",
        "reference kind authority verified_how power order_number paper_sha256 asked_categories subject_refs received_at "
        "undertaking_on is_secret secret_until secrecy_ended_at state answered_at told_refs "
        "person_told_at",
    ),
    _register(
        "authority_answers",
        "registers.OrderAnswer",
        "",
        f"order=order__reference decision given_categories {_FOUR_EYES}",
    ),
    _register("silence_ends", "registers.SilenceEnd", "", f"order=order__reference {_FOUR_EYES}"),
    _register("book_tasks", "registers.BookTask", "", "book entry code what due_on owner opened_at closed_at"),
    *(_book(model) for model in BOOKS),
    _register("verifications", "ledger.Verification", "", "scope size ok started_at finished_at"),
)


def case_name(model: type[Model], number: object) -> str:
    """How a case is named in every list of controls: ``REGISTER:ROW``, the row being the one with that number in the column
    ``row`` of this register of a pack. Of a table that no pack holds, the label of the table stands for the register.
    """
    label = model._meta.label
    names = {register.label: register.name for register in REGISTERS}
    return f"{names.get(label, label)}:{number}"


def check_registers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """evidence.E001: every column of every register exists and holds no personal data."""
    moments = [(register, Column("moment", (register.days.entered,))) for register in REGISTERS]
    columns = [(register, column) for register in REGISTERS for column in register.columns]
    return [
        Error(
            f"The register {register.name} names {unfit[0]}, which {unfit[1]}.",
            hint="Name columns of codes, references, hashes and times only.",
            id="evidence.E001",
        )
        for register, column in moments + columns
        if (unfit := column.why_unfit(register.model)) is not None
    ]
