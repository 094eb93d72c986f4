"""What the confined child is asked of a file of a policy: its text. A plain module, named by ``services.policy_files``."""

from collections.abc import Callable
from typing import Any

from consent.notices.documents import hypertext, markdown, word
from consent.notices.documents.blocks import UnreadableError
from portal.kernel.vault.inspection.result import Limits

READERS: dict[str, Callable[[bytes], str]] = {
    "docx": word.read,
    "html": hypertext.read,
    "md": lambda data: markdown.read(data.decode()),
}


def prepare(
    data: bytes, asked: dict[str, Any], limits: Limits
) -> tuple[int, Callable[[], tuple[dict[str, Any], bytes]]]:
    """Use the libraries once, before the limits; no descriptor stays open."""
    if hypertext.read(b"<p>a</p>") != "a" or word.read(word.smallest()) != "a":
        raise RuntimeError("the libraries do not read the smallest document")
    return 0, lambda: answer(data, asked["kind"])


def answer(data: bytes, kind: str) -> tuple[dict[str, Any], bytes]:
    """The code of what is wrong, if anything is, and the text in UTF-8."""
    try:
        return {"fault": ""}, READERS[kind](data).encode()
    except UnreadableError as error:
        return {"fault": str(error)}, b""
    except RecursionError:
        return {"fault": "TOO_MUCH"}, b""
