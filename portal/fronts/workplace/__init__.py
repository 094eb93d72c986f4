"""The staff's workplace in the Django admin: menus, Today, queues, system, exports."""
