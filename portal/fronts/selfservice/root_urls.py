"""Files at the root of the site; included by ``portal.urls``."""

from django.urls import URLPattern, URLResolver, path

from portal.fronts.selfservice.views import cookies, root_files

urlpatterns: list[URLPattern | URLResolver] = [
    path(".well-known/gpc.json", cookies.gpc, name="gpc"),
    path(".well-known/security.txt", root_files.security_txt, name="security-txt"),
    path("favicon.ico", root_files.favicon, name="favicon"),
    path("robots.txt", root_files.robots, name="robots"),
]
