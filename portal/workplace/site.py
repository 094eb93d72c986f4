"""The staff's admin site."""

from django.contrib import admin


class StaffSite(admin.AdminSite):
    """The Django admin as the workplace of compliance staff."""

    site_header = "Onesetu compliance"
    site_title = "Onesetu compliance"
    index_title = "Today"
    enable_nav_sidebar = False
