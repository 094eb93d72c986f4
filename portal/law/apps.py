from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LawConfig(AppConfig):
    name = "portal.law"
    verbose_name = _("Law and clocks")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.core.admin import speaking
        from portal.law import memory, selectors, words
        from portal.law.models import HouseRule, LegalRule, OrganisationProfile, Purpose
        from portal.law.stated import StatedClocks
        from portal.law.strands import STRANDS

        memory.changes_with(LegalRule, HouseRule, OrganisationProfile, Purpose)
        hooks.ledger_followers.register(StatedClocks())
        for strand in STRANDS:
            hooks.strands.register(strand)
        hooks.opening_life.fill(selectors.opening_life)
        speaking.say(words.PurposeNames, fields=("purpose", "purposes"))
        speaking.say(words.ChannelNames, fields=("channel", "channels"))
        speaking.say(words.RuleTitles, fields=("house_rule", "rule_key", "validity_rule"))
        speaking.head("law.LegalRule", words.title)
        speaking.head("law.HouseRule", words.title)
        speaking.head("law.Clock", words.clock)
        speaking.head("law.Purpose", lambda row: str(row.name))
