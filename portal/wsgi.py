"""Entry for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

from portal.core.system_checks import refuse_unfit_production  # noqa: E402 - settings and apps come first

refuse_unfit_production()
