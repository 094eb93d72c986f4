"""A published policy of these clauses, without the two people."""

from datetime import timedelta

from consent.models import Notice, NoticeText, NoticeVersion, PolicyClause
from portal.fronts.evidence.policy_commitments import POLICY
from portal.kernel.core import clock


def published_policy(numbers):
    before = clock.now() - timedelta(days=40)
    notice = Notice.objects.create(code=POLICY, kind="privacy_policy", title="Privacy policy")
    version = NoticeVersion.objects.create(
        notice=notice,
        number=1,
        state="published",
        effective_on=clock.day(before),
        drafted_at=before,
        published_at=before,
    )
    text = NoticeText.objects.create(version=version, language="en", body=b"Policy", sha256="0" * 64, added_at=before)
    for place, number in enumerate(numbers):
        PolicyClause.objects.create(text=text, number=number, title=f"Clause {number}", body=b"Words.", position=place)
    return version
