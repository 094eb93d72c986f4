from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SelfserviceConfig(AppConfig):
    name = "portal.fronts.selfservice"
    verbose_name = _("Customers' pages")

    def ready(self) -> None:
        from portal.fronts.selfservice import deferred_opt_outs
        from portal.fronts.selfservice.receipt_verifier import page_for_packs
        from portal.kernel.core import answers

        answers.verifier_page.fill(page_for_packs)
        answers.answer_while_away.fill(deferred_opt_outs.answer)
