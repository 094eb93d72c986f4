from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "portal.people"
    verbose_name = _("People")

    def ready(self) -> None:
        from portal.core import hooks
        from portal.core.admin import speaking
        from portal.people import erasers, finding, login_roles, sections, selectors, words
        from portal.people.customer_rows import CustomerRows
        from portal.people.lookups import ACCOUNTS, CONTACTS, PERSONS
        from portal.people.services import four_eyes
        from portal.people.stated import ALIASES, GRANTS
        from portal.people.strands import STRANDS

        for stated in (GRANTS, ALIASES):
            hooks.ledger_followers.register(stated)
        for strand in STRANDS:
            hooks.strands.register(strand)
        hooks.permission_source.fill(selectors.has_permission)
        hooks.reading_scope.fill(selectors.reading_scope)
        hooks.second_people.fill(four_eyes.second_people)
        hooks.ended_roles.fill(login_roles.ended_roles)
        hooks.erasers.register(erasers.Accounts())
        hooks.erasers.register(erasers.DormantAccounts())
        hooks.erasers.register(erasers.SignIns())
        hooks.sections.register(sections.PeopleSection())
        hooks.import_kinds.register(CustomerRows())
        hooks.finders.register(finding.find)
        for column in (CONTACTS, PERSONS, ACCOUNTS):
            hooks.lookup_columns.register(column)
        speaking.say(words.LoginNames, model="people.User")
        speaking.say(
            words.ActorNames,
            fields=("actor_ref", "started_by", "made_by", "approved_by", "fetched_by", "made_by_ref", "checked_by_ref"),
        )
        speaking.say(words.ActorKinds, fields=("actor_kind",))
        speaking.say(words.ActNames, fields=("act",))
        speaking.say(words.AreaNames, fields=("areas",))
        speaking.head("people.User", lambda row: words.LoginNames()(row.pk))
        speaking.head("people.FourEyesRule", lambda row: words.ActNames()(row.act))
