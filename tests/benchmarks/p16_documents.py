"""P16: verify an offline e-KYC file and a Secure QR, against the bare RSA check; and documents through the whole pipeline
on two workers, without OCR, against the confined children alone.
"""

import io
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.db import connections

from kyc.models import Check, Document
from kyc.review.inspection import inspect
from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import upload
from kyc.signatures import offline_ekyc, secure_qr
from kyc.signatures.result import Signature, Signed
from portal.kernel.core import actor, clock
from portal.kernel.people.models import Customer
from tests.benchmarks import BenchRow, alternately, seconds
from tests.kyc import documents
from tests.kyc.signatures import vectors
from tests.people.factories import CustomerFactory
from tests.shipped import every_rule

WORKERS = 2
#: The pipeline and the bare children take turns so often: both meet the same load.
ROUNDS = 5
#: Files a second on one processor: what a queue of a morning needs.
AT_LEAST = 200
#: What the parent may hold more at the end than after the first tenth.
FLAT = 40 * 1024 * 1024
SENDER = actor.customer(1, via="benchmark")


def bare() -> Callable[[], object]:
    """One RSA check with nothing around it."""
    issuer, data = vectors.issuer(), b"x" * 3000
    public, signature = issuer.certificate.public_key(), issuer.sign(data)
    if not isinstance(public, rsa.RSAPublicKey):
        raise TypeError("The issuer of the tests signs by RSA.")
    return lambda: public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


def checks() -> Iterator[tuple[str, Callable[[], Signed]]]:
    """Each kind of file with its reading, whose verdict is looked at first."""
    keys = [vectors.issuer().key]
    file = vectors.zipped(vectors.enveloped(vectors.ekyc(), vectors.issuer()))
    digits = vectors.code(vectors.card(), vectors.issuer())
    ekyc_given = offline_ekyc.Given(vectors.NOW, vectors.SHARE_CODE, vectors.MOBILE, vectors.EMAIL)
    code_given = secure_qr.Given(vectors.NOW, vectors.MOBILE, vectors.EMAIL)
    yield "verify an offline e-KYC file", lambda: offline_ekyc.read(file, keys, ekyc_given)
    yield "verify a Secure QR", lambda: secure_qr.read(digits, keys, code_given)


def per_second(job: Callable[[], object], repeats: int) -> float:
    """How often in a second of one processor, whoever else wants it."""
    begun = time.process_time()
    for _ in range(repeats):
        job()
    return repeats / (time.process_time() - begun)


def sent_in(count: int) -> list[Document]:
    """PAN cards of as many customers: every second one a PDF, the others photographs."""
    photo, text = documents.image("JPEG", (1200, 800)), documents.pdf()
    found = []
    for place in range(count):
        data, extension = (text, "pdf") if place % 2 else (photo, "jpg")
        customer: Customer = CustomerFactory(kind="individual")
        found.append(
            upload(
                customer=customer,
                kind="pan_card",
                number=documents.PAN,
                stream=io.BytesIO(data),
                extension=extension,
                actor=SENDER,
                now=clock.now(),
            )
        )
    return found


def by_two(job: Callable[[int], object], places: list[int]) -> float:
    """Seconds for all of them on two workers."""

    def done(place: int) -> None:
        try:
            job(place)
        finally:
            connections.close_all()

    def whole() -> None:
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            list(pool.map(done, places))

    return seconds(whole)


def resident() -> int:
    """What this process holds, in bytes; where the system does not say, what it has held at most."""
    said = Path("/proc/self/statm")
    if said.exists():
        return int(said.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def pipeline(count: int) -> BenchRow:
    """Documents a minute, and where the time goes."""
    every_rule()
    papers = [document.pk for document in sent_in(count)]
    first, rest = papers[: count // 10], papers[count // 10 :]
    photo, text = documents.image("JPEG", (1200, 800)), documents.pdf()

    def child_alone(place: int) -> None:
        data, extension = (text, "pdf") if place % 2 else (photo, "jpg")
        inspect(data, extension=extension, kind="pan_card")

    by_two(lambda pk: run_plan(pk, now=clock.now()), first)
    size = len(rest) // ROUNDS
    parts = [rest[size * place : size * (place + 1)] for place in range(ROUNDS)]
    before, reached, possible = resident(), [], []
    for part in parts:
        reached.append(60 * size / by_two(lambda pk: run_plan(pk, now=clock.now()), part))
        possible.append(60 * size / by_two(child_alone, list(range(size))))
    grown = resident() - before
    ours, limit = median(reached), median(possible)
    if Document.objects.filter(pk__in=papers, state="checked").count() != count:
        raise AssertionError("A document was not checked.")
    taken: dict[str, list[float]] = defaultdict(list)
    for name, started, ended in Check.objects.values_list("name", "started_at", "ended_at"):
        taken[name].append(1000 * (ended - started).total_seconds())
    slowest = sorted(((mean(found), name) for name, found in taken.items()), reverse=True)
    note = f"{count} documents; {before / 1e6:.0f} MB and {grown / 1e6:+.1f} in the end; " + ", ".join(
        f"{name} {ms:.0f} ms" for ms, name in slowest
    )
    ratio = ours / limit
    is_met = ratio >= 0.5 and grown < FLAT
    return BenchRow(
        "P16", "documents through the pipeline", "/min", ours, limit, ratio, "at least 0.5, flat", is_met, note
    )


def rows(*, full: bool) -> Iterator[BenchRow]:
    """Files a second on one processor, then documents a minute on two workers."""
    repeats = 400 if full else 100
    rsa_alone = bare()
    for job, check in checks():
        if check().signature is not Signature.VALID:
            raise AssertionError(f"The file of the row is not genuine: {job}")

        def ours(check: Callable[[], Signed] = check) -> float:
            return per_second(check, repeats)

        reached, limit = alternately(3, ours, lambda: per_second(rsa_alone, 20 * repeats))
        target = f"at least {AT_LEAST} a second"
        yield BenchRow("P16", job, "/s", reached, limit, reached / limit, target, reached >= AT_LEAST)
    yield pipeline(1000 if full else 50)
