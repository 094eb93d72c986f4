"""A person with a mark in every room, and every place in which a mark can lie."""

import base64
import io
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from kombu.transport import memory

from grievances.tickets.services import resolutions
from kyc.cases.services import document_encryption
from kyc.models import CheckEvidence, Document
from portal.kernel.core import actor, clock
from portal.kernel.outbox.services import post
from portal.kernel.people.models import Principal
from portal.kernel.people.services import customers, devices
from portal.kernel.vault.backups import database_dump
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files as vault
from portal.kernel.vault.services.keys import Shredded
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.grievances.factories import filed
from tests.kyc import documents
from tests.kyc.factories import answered as decided_on
from tests.kyc.factories import checked, proposed
from tests.law.factories import ProfileFactory
from tests.people.factories import (
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    PrincipalFactory,
    StaffFactory,
)
from tests.shipped import every_rule
from tests.vault.factories import stored

NAME, MAIL, PHONE, WORD = "Zerlinda Quatermain", "zerlinda@probe.example", "+919811122233", "quatermain-probe"
MARKS = (NAME, MAIL, PHONE, PHONE[3:], WORD, documents.PAN)
NIGHTLY = actor.system("tests")
#: Questions of the profile whose laws would keep more.
NO = ("intermediary", "cloud_provider", "telecom_entity", "ccpa_business", "third_schedule_class")


def person_everywhere() -> Principal:
    """A person with an account, an approved PAN card, consents, letters, a grievance, sign-ins; each with a mark."""
    every_rule()
    law_is_loaded()
    ProfileFactory(**dict.fromkeys(NO, "no"))
    published_notice()
    customer = CustomerFactory(kind="individual", name="before")
    login = CustomerUserFactory(email=MAIL, member_of=customer, principal=PrincipalFactory(full_name=NAME))
    who: Principal = login.principal
    ContactPointFactory(principal=who, kind="phone", address=PHONE, verified_at=clock.now())
    customers.rename(customer=customer, name=NAME, actor=actor.SYSTEM)
    devices.signed_in(user=login, token="t" * 43, browser=WORD, actor=actor.SYSTEM, method="code", now=clock.now())
    said(who, "given")
    stored(WORD.encode(), subject_ref=who.subject.ref, kind="consent.scan", retention_class="consent_evidence")
    post(
        kind="consent.ends_soon",
        subject_ref=who.subject.ref,
        channel="email",
        address=MAIL,
        language="en",
        purpose="account_service",
        about="tests.thing:1",
        context={"choices": WORD, "url": "https://x.example/", "preferences_url": "https://x.example/"},
    )
    ticket = filed(email=MAIL, phone=PHONE, what_happened=WORD, principal=who).ticket
    resolutions.withdraw(ticket=ticket, actor=actor.stranger(), at=clock.now())
    maker, checker = (StaffFactory(roles=[role]) for role in ("kyc_maker", "kyc_checker"))
    card = documents.pdf(f"Permanent Account Number {documents.PAN}\n{NAME}")
    decided_on(proposed(checked(customer, data=card, now=clock.now()), maker), checker)
    return who


def has_mark(text: str) -> bool:
    return any(mark in text for mark in MARKS)


def marked() -> set[tuple[str, str]]:
    """Every column of both databases that holds a mark, encrypted ones as they open."""
    found = set()
    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy:
            continue
        for row in model._default_manager.all():
            for field in model._meta.concrete_fields:
                value = getattr(row, field.attname)
                text = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
                if has_mark(text):
                    found.add((model._meta.label, field.name))
    return found


def marked_tables() -> set[str]:
    """Every table of both databases, of a model or not (indexes of a search are tables too), that holds a mark as it lies
    there.
    """
    found = set()
    for alias in settings.DATABASES:
        connection = connections[alias]
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                if any(has_mark(_as_text(cell)) for row in cursor.fetchall() for cell in row):
                    found.add(table)
    return found


def _as_text(cell: Any) -> str:
    if isinstance(cell, bytes | memoryview):
        return bytes(cell).decode("utf-8", "replace")
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else str(cell)


def opening() -> set[str]:
    """What still opens and has a mark: kinds of stored files, and what is sealed about papers."""
    found = set()
    for stored_file in StoredFile.objects.all():
        with suppress(Shredded), vault.open_stream(stored_file, actor=NIGHTLY, reason="looked for") as stream:
            if has_mark(stream.read().decode("utf-8", "replace")):
                found.add(stored_file.kind)
    for document in Document.objects.exclude(number_sealed=None):
        with suppress(Shredded):
            if has_mark(document_encryption.opened(document, document.number_sealed)):
                found.add("number of a document")
    for evidence in CheckEvidence.objects.select_related("check_run__document"):
        with suppress(Shredded):
            if has_mark(document_encryption.opened(evidence.check_run.document, evidence.sealed)):
                found.add("finding about a paper")
    return found


def own_form(alias: str, folder: Path) -> bytes:
    """A database as it lies on a disk: the bytes of SQLite's file, free pages included; of PostgreSQL its whole dump."""
    connection = connections[alias]
    if connection.vendor == "sqlite":
        connection.close()
        name = str(connection.settings_dict["NAME"])
        with closing(sqlite3.connect(name)) as live:
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return b"".join(path.read_bytes() for path in Path(name).parent.glob(f"{Path(name).name}*"))
    target = folder / f"{alias}.sql"
    pg_command(alias, "pg_dump", f"--file={target}")
    return target.read_bytes()


def dump(target: Path) -> None:
    """The main database in its own form, as an operator would take it."""
    main = connections["default"]
    if main.vendor == "sqlite":
        main.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            main.connection.backup(copy)
        return
    pg_command("default", "pg_dump", "--format=custom", f"--file={target}")


def restore(source: Path) -> None:
    """The dump in the place of what is there now; nobody is connected meanwhile."""
    main = connections["default"]
    main.close()
    if main.vendor == "sqlite":
        name = str(main.settings_dict["NAME"])
        with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(name)) as live:
            copy.backup(live)
        return
    with source.open("rb") as stream:
        database_dump.load("default", stream)


def pg_command(alias: str, command: str, *arguments: str) -> None:
    """A program of PostgreSQL on one of the test's databases."""
    given = connections[alias].settings_dict
    connections[alias].close()
    where = {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"]),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGDATABASE": given["NAME"],
    }
    environment = {**os.environ, **{name: value for name, value in where.items() if value}}
    done = subprocess.run([command, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def written_files() -> Iterator[Path]:
    """Every file that the portal writes, but its databases, and the letters that stand for the mailboxes of others."""
    for path in settings.VAR.rglob("*"):
        if path.is_file() and ".sqlite3" not in path.name and settings.MAILBOX not in path.parents:
            yield path


def broker() -> list[str]:
    """What the broker holds: each task that was sent, its body as text."""
    if settings.REDIS_URL:
        client = redis.Redis.from_url(settings.REDIS_URL)
        queues = [name for name in client.scan_iter(match=f"{settings.VAR.name}:*") if client.type(name) == b"list"]
        sent = [json.loads(each) for name in queues for each in client.lrange(name, 0, -1)]
    else:
        sent = [each for queue in memory.Channel.queues.values() for each in list(queue.queue)]
    return [json.dumps(each, default=str) + base64.b64decode(each["body"]).decode() for each in sent]


def cached() -> list[str]:
    """What the cache holds, names and values."""
    cache = caches["default"]
    if not settings.REDIS_URL:
        return [f"{name}{value!r}" for name, value in cache._cache.items()]  # type: ignore[attr-defined]
    client = cache._cache.get_client()  # type: ignore[attr-defined]
    return [f"{name!r}{client.dump(name)!r}" for name in client.scan_iter(match=f"*{settings.VAR.name}*")]


def answered(*command: str) -> dict[str, Any]:
    """What a command prints as JSON, whatever its exit code."""
    out = io.StringIO()
    with suppress(SystemExit):
        call_command(*command, "--json", stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found
