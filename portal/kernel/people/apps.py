from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "portal.kernel.people"
    verbose_name = _("People")

    def ready(self) -> None:
        from portal.kernel.core import answers, ports
        from portal.kernel.core.admin import labels as core_labels
        from portal.kernel.people import (
            data_copy_sections,
            erasure,
            login_roles,
            name_columns,
            search,
            selectors,
            short_names,
        )
        from portal.kernel.people import labels as people_labels
        from portal.kernel.people.customer_import import CustomerRows
        from portal.kernel.people.ledger_checks import ALIASES, GRANTS
        from portal.kernel.people.lookup_columns import ACCOUNTS, CONTACTS, PERSONS
        from portal.kernel.people.services import maker_checker
        from portal.kernel.people.timeline import STRANDS

        for stated in (GRANTS, ALIASES):
            ports.ledger_followers.register(stated)
        for strand in STRANDS:
            ports.strands.register(strand)
        answers.permission_source.fill(selectors.has_permission)
        answers.reading_scope.fill(selectors.reading_scope)
        answers.second_people.fill(maker_checker.second_people)
        answers.ended_roles.fill(login_roles.ended_roles)
        ports.erasers.register(erasure.Accounts())
        ports.erasers.register(erasure.DormantAccounts())
        ports.erasers.register(erasure.SignIns())
        ports.sections.register(data_copy_sections.PeopleSection())
        ports.import_kinds.register(CustomerRows())
        ports.finders.register(search.find)
        for column in (CONTACTS, PERSONS, ACCOUNTS):
            ports.lookup_columns.register(column)
        answers.names_listed.fill(name_columns.record_page)
        core_labels.list_as("people.Customer", lambda field: name_columns.of_accounts(field.attname, field))
        core_labels.list_as("people.Principal", lambda field: name_columns.of_people(field.attname, field))
        ports.short_texts.register(short_names.fill_people)
        ports.short_texts.register(short_names.fill_accounts)
        core_labels.say(people_labels.LoginNames, model="people.User")
        core_labels.say(
            people_labels.ActorNames,
            fields=("actor_ref", "started_by", "made_by", "approved_by", "fetched_by", "made_by_ref", "checked_by_ref"),
        )
        core_labels.say(people_labels.ActorKinds, fields=("actor_kind",))
        core_labels.say(people_labels.ActNames, fields=("act",))
        core_labels.say(people_labels.AreaNames, fields=("areas",))
        core_labels.head("people.User", lambda row: people_labels.LoginNames()(row.pk))
        core_labels.head("people.MergeProposal", lambda row: str(_("Two records of one person")))
        core_labels.head("people.FourEyesRule", lambda row: people_labels.ActNames()(row.act))
