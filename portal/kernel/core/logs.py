"""Structured logs: one JSON object a line, with the request's reference and no personal data."""

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

#: Addresses whose next part opens something by itself. A test holds them against every address that the portal has.
SECRET_PARTS = re.compile(
    r"(/privacy/out/|/privacy/account/change/|/privacy/invitation/|/staff/invitation/|/staff/password/reset/key/)[^/\s?#\"']+"
)
HIDDEN = r"\1…"


def _without_secrets(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whoever reads the log can open no link from it: the secret part of an address is left out of every text."""
    for key, said in event.items():
        if isinstance(said, str):
            event[key] = SECRET_PARTS.sub(HIDDEN, said)
    return event


#: What stands in place of an address that is none of ours: whatever was typed there.
UNKNOWN = "an address that leads nowhere"


def _without_what_was_typed(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's line about a request names the shape of its address: what somebody typed into one may be of a person."""
    request: Any = getattr(event.get("_record"), "request", None)
    path = getattr(request, "path", "")
    if not path or not isinstance(event.get("event"), str):
        return event
    match = getattr(request, "resolver_match", None)
    shape = f"/{match.route}" if match is not None else UNKNOWN
    written = (path, request.path_info, request.get_full_path())
    for typed in sorted({*written, *(one.encode("unicode_escape").decode() for one in written)}, key=len, reverse=True):
        if len(typed) > 1:
            event["event"] = event["event"].replace(typed, shape)
    return event


structlog.configure(
    processors=[*PROCESSORS, ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)


def _without_values(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception is logged by type and place: its text may quote what a person entered.

    Libraries (Celery for a failed task) put that text into their own line as well: it is taken out there.
    """
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        for quoted in (repr(info[1]), str(info[1])):
            if quoted:
                event["event"] = str(event.get("event", "")).replace(quoted, info[0].__name__)
        frames = []
        trace = info[2]
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rsplit('/', 3)[-1]}:{trace.tb_lineno}:{code.co_name}")
            trace = trace.tb_next
        event["frames"] = frames[-12:]
    return event


def formatter() -> ProcessorFormatter:
    """For ``LOGGING``: our own lines and those of libraries in one form."""
    return ProcessorFormatter(
        foreign_pre_chain=PROCESSORS,
        processors=[
            _without_values,
            _without_what_was_typed,
            _without_secrets,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
