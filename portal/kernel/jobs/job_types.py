"""What a kind of long work is, and how it is found by its name."""

from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

from portal.kernel.core import answers, ports
from portal.kernel.core.errors import Refused


class ErasedMeanwhile(Refused):
    """Somebody was erased while a file was written that may hold them. The file is gone."""

    code = "ERASED_MEANWHILE"


Json = str | int | bool | None | list[Any] | dict[str, Any]


class Handle(Protocol):
    """What a running job may do besides its work."""

    @property
    def reference(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, Json]: ...

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is. Call it at least once a minute: it keeps the lease, and raises when cancelled."""
        ...

    def raise_if_cancelled(self) -> None: ...

    def result(self, stream: BinaryIO, file_name: str) -> None:
        """Keep the one file that the job is for. ``file_name`` holds no personal data.

        Raises ErasedMeanwhile where somebody was erased since the work began: the file is dropped, and the work may begin
        anew at once.
        """
        ...


class JobKind(Protocol):
    """Registered in ``ports.job_kinds`` by the room whose work it is; a ``label`` says its name to staff.

    A kind whose files name nobody says ``holds_people = False``: they outlive the erasure of people. A kind that reads one
    model says which: ``reads(parameters)`` ("people.Staff"). A kind whose file not everybody may have who may see jobs names
    the permission that it ``needs``: it is asked again when the file is fetched.
    ``run`` may run twice (a worker died): what it writes must bear that. It is not inside a transaction.
    """

    name: str

    def run(self, handle: Handle) -> None: ...


def erased_so_far(kind: JobKind, parameters: Mapping[str, Json]) -> int:
    """A number that grows when somebody is erased whom a file of this kind may hold; 0 for kinds whose files name nobody."""
    if not getattr(kind, "holds_people", True):
        return 0
    reads = getattr(kind, "reads", None)
    found: int = answers.erased_so_far.ask(model=reads(parameters) if reads is not None else "")
    return found


def label_of(name: str) -> str:
    """The kind of work in words; its name where the kind is not registered or has no label."""
    return next((str(kind.label) for kind in ports.job_kinds if kind.name == name and hasattr(kind, "label")), name)


def kind_named(name: str) -> JobKind:
    """Raises Refused when no room registered a kind of that name."""
    for kind in ports.job_kinds:
        if kind.name == name:
            found: JobKind = kind
            return found
    raise Refused(f"There is no kind of job named {name}.", code="NO_SUCH_JOB_KIND")
