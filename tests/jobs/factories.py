from collections.abc import Callable, Iterator
from contextlib import contextmanager

import factory

from portal.kernel.core import clock, ids, ports
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import Job


class JobFactory(factory.django.DjangoModelFactory[Job]):
    class Meta:
        model = Job

    reference = factory.LazyFunction(lambda: ids.new_reference("JB"))
    kind = "tests.counting"
    started_by = "staff:user:1"
    created_at = factory.LazyFunction(clock.now)


class Counting:
    """A kind of job whose work is given by the test."""

    name = "tests.counting"

    def __init__(self, work: Callable[[Handle], None]) -> None:
        self.work = work

    def run(self, handle: Handle) -> None:
        self.work(handle)


@contextmanager
def kind_that(work: Callable[[Handle], None]) -> Iterator[None]:
    """The kind ``tests.counting`` for the length of the block."""
    kind = ports.job_kinds.register(Counting(work))
    try:
        yield
    finally:
        ports.job_kinds._items.remove(kind)
