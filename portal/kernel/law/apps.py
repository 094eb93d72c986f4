from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LawConfig(AppConfig):
    name = "portal.kernel.law"
    verbose_name = _("Law and clocks")

    def ready(self) -> None:
        from portal.kernel.core import answers, ports
        from portal.kernel.core.admin import labels as core_labels
        from portal.kernel.law import labels as law_labels
        from portal.kernel.law import request_cache, selectors
        from portal.kernel.law.ledger_checks import StatedClocks
        from portal.kernel.law.models import HouseRule, LegalRule, OrganisationProfile, Purpose
        from portal.kernel.law.timeline import STRANDS

        request_cache.changes_with(LegalRule, HouseRule, OrganisationProfile, Purpose)
        ports.ledger_followers.register(StatedClocks())
        for strand in STRANDS:
            ports.strands.register(strand)
        answers.opening_life.fill(selectors.opening_life)
        core_labels.say(law_labels.PurposeNames, fields=("purpose", "purposes"))
        core_labels.say(law_labels.ChannelNames, fields=("channel", "channels"))
        core_labels.say(law_labels.RuleTitles, fields=("house_rule", "rule_key", "validity_rule"))
        core_labels.head("law.LegalRule", law_labels.title)
        core_labels.head("law.HouseRule", law_labels.title)
        core_labels.head("law.Clock", law_labels.clock)
        core_labels.head("law.Purpose", lambda row: str(row.name))
