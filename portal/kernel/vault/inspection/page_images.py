"""Pages of a kept PDF as pictures: nobody opens a customer's PDF in a viewer, and codes on a page are looked for in one."""

import os
import typing

import typst

POINTS_PER_INCH = 110.0
#: Open descriptors by number, as paths.
ROOT = "/proc/self/fd"
#: The page as wide as A4; the height follows.
SOURCE = (
    '#set page(width: auto, height: auto, margin: 0pt)\n#image("/{file}", format: "pdf", page: {page}, width: 595pt)\n'
)


def in_memory(data: bytes) -> int:
    """The document as a file that exists in memory only; its descriptor."""
    descriptor = os.memfd_create("document")
    os.write(descriptor, data)
    return descriptor


def warm() -> None:
    """Load fonts and tables before the limits."""
    typst.compile(b"warm", format="png", ppi=10.0, ignore_system_fonts=True)


def drawn(descriptor: int, page: int, *, ppi: float = POINTS_PER_INCH) -> bytes:
    """One page, from 1, as PNG. The library opens the document itself, so one descriptor is left to it."""
    source = SOURCE.format(file=descriptor, page=page).encode()
    compile_ = typing.cast("typing.Any", typst.compile)  # its stubs want one type for the source and the root
    return bytes(compile_(source, root=ROOT, format="png", ppi=ppi, ignore_system_fonts=True))
