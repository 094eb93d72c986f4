from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "portal.retention"
    verbose_name = _("Retention")

    def ready(self) -> None:
        """Register the rules that ship, and the checks that nothing personal lives for ever by accident."""
        from portal.core import hooks
        from portal.retention import system_checks
        from portal.retention.services import rules

        hooks.rule_books.register(rules.load_shipped)

        register(system_checks.every_personal_model_can_be_erased, Tags.models)
        register(system_checks.every_eraser_has_a_rule, Tags.models)
