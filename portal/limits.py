"""How long anything may take: tasks by their queue, statements and locks by the kind of process. Technical limits."""

from typing import Any, Final

#: Seconds that a task of a queue may take: then it is told to end, and then its process is ended. What it had in hand is
#: rolled back and found by the next sweep, as when a worker dies. Sealing of the ledger waits for no frozen process.
QUEUES: Final[dict[str, tuple[int, int]]] = {
    "codes": (60, 90),
    "default": (1_500, 1_800),
    "kyc": (600, 900),
    "ocr": (900, 1_200),
    "ledger": (25, 30),
    "notify": (600, 900),
    "bulk": (20_000, 21_600),
}
#: Work over every row of the installation, by night.
LONG: Final = {
    "portal.audit.tasks.verify_all": (20_000, 21_600),
    "portal.evidence.tasks.make_reports": (20_000, 21_600),
    "portal.retention.tasks.run_retention": (20_000, 21_600),
    "portal.ledger.tasks.finish_redactions": (600, 900),
}
#: Seconds that a statement may take, that it may wait for a lock, and that a transaction may lie idle, by the kind of
#: process. A command that somebody started (a restore, a check of everything) has no limit.
DATABASE: Final = {"web": (30, 10, 60), "worker": (3_600, 60, 300)}
#: Nothing waits for ever for a database server that went away without a word.
KEEPALIVE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def postgresql_options(process: str) -> dict[str, Any]:
    """The options of a connection, for libpq. ``process``: web, worker, or anything else without limits."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    limits = zip(names, DATABASE.get(process, ()), strict=False)
    return {**KEEPALIVE, "options": " ".join(f"-c {name}={limit}s" for name, limit in limits)}


def kind_of_process(arguments: list[str]) -> str:
    """``worker`` for ``celery ... worker``; pages say themselves what they are (PORTAL_PROCESS)."""
    is_celery = arguments[0].endswith(("celery", "celery/__main__.py"))
    return "worker" if is_celery and "worker" in arguments else "command"
