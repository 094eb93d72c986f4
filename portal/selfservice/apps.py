from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SelfserviceConfig(AppConfig):
    name = "portal.selfservice"
    verbose_name = _("Customers' pages")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.selfservice import deferred_opt_outs
        from portal.selfservice.verifier import page_for_packs

        hooks.verifier_page.fill(page_for_packs)
        hooks.answer_while_away.fill(deferred_opt_outs.answer)
