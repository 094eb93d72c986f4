"""What the portal's middleware adds to a request, with its type."""

from django.http import HttpRequest

from portal.kernel.core.actor import Actor


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request; asked of the session when first needed (``portal.kernel.core.middleware.RequestActor``)."""
    return request.actor  # type: ignore[attr-defined, no-any-return]
