"""One mail, parsed in the confined child: a plain module that ``portal.kernel.vault.inspection`` loads there by its name.

What parsing loads late, the codecs of every charset, is loaded with this module: the child can open no file.
"""

import codecs
import contextlib
import encodings
import pkgutil
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from grievances.base.inbound_mail import parser
from grievances.base.inbound_mail.parser import Attached, Mail
from portal.kernel.vault.inspection.result import Limits

#: Uses each part of the library once: two ways of writing, a file, words in charsets of their own.
_WARM: Final = b"""From: =?utf-8?q?A?= <a@example.com>
Subject: =?windows-1252?b?QQ==?=
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>=41</p>
--b
Content-Type: application/octet-stream; name*=utf-8''a
Content-Transfer-Encoding: base64
Content-Disposition: attachment

QQ==
--b--
"""

for _module in pkgutil.iter_modules(encodings.__path__):
    with contextlib.suppress(LookupError):  # tables beside the codecs, and codecs of another system
        codecs.lookup(_module.name)
parser.parse(_WARM)


def prepare(
    data: bytes, asked: dict[str, Any], limits: Limits
) -> tuple[int, Callable[[], tuple[dict[str, Any], bytes]]]:
    """Nothing is left to load, and no descriptor stays open."""
    return 0, lambda: written(parser.parse(data))


def written(mail: Mail) -> tuple[dict[str, Any], bytes]:
    """A mail for its way to the parent: all but the bytes of its files, and those one after another."""
    files = [{"name": one.name, "media_type": one.media_type, "is_inline": one.is_inline} for one in mail.files]
    sizes = [len(one.content) for one in mail.files]
    said = {name.name: getattr(mail, name.name) for name in fields(mail) if name.name != "files"}
    return {**said, "files": files, "sizes": sizes}, b"".join(one.content for one in mail.files)


def read(said: dict[str, Any], content: bytes) -> Mail:
    """What ``written`` made. Raises ValueError where sizes and bytes do not agree."""
    sizes = said["sizes"]
    if sum(sizes) != len(content):
        raise ValueError("the bytes of the files are others than their sizes say")
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    files = tuple(
        Attached(content=content[end - size : end], **one)
        for one, size, end in zip(said["files"], sizes, ends, strict=True)
    )
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in said.items()
        if name not in {"files", "sizes"}
    }
    return Mail(**plain, files=files)
