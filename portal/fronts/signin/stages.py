"""The steps of a sign-in that differ from the library's."""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

from portal.fronts.signin import mfa_status


class FactorStage(AuthenticateStage):
    def _should_handle(self, request: HttpRequest) -> bool:
        """Not where a provider's own second factor was asked and counts here."""
        records = get_authentication_records(request, self.login.user)
        if any(record["method"] == "mfa" and record.get("type") == mfa_status.OF_COMPANY for record in records):
            return False
        return bool(super()._should_handle(request))
