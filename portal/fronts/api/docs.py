"""The page that describes the interface: from our own origin, without a script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent.base.rules.contact import Reason
from consent.decisions.services.reason_texts import SENTENCES
from portal.fronts.api import openapi_docs
from portal.fronts.api.problem_responses import CODES
from portal.fronts.api.v1 import api


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its fields, an example and the codes of its answers."""
    context = {
        "operations": openapi_docs.operations(api.get_openapi_schema()),
        "problems": [(code, status.value, said) for status, code, said in CODES],
        "reasons": [(reason, SENTENCES[reason]) for reason in Reason],
    }
    return render(request, "api/docs.html", context)
