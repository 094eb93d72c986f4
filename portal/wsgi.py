"""Entry for a WSGI server."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_PROCESS", "web")  # how long its statements may take (portal/settings.py)

try:
    application = get_wsgi_application()
except SystemExit as ended:
    # A server starts a process that ended again, for ever; at an application that fails to load it stops.
    raise ImproperlyConfigured("The portal does not start with these settings: the list is above.") from ended

from consent.collection.services import deferred_opt_outs

deferred_opt_outs.wake()
