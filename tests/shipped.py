"""What ships with the portal, in the tables: rules of law and promises, retention rules, roles."""

from io import StringIO
from typing import Any

from django.core.management import call_command

from kyc.models import SignerKey
from portal.kernel.core import actor, clock
from portal.kernel.law.models import HouseRule, LegalRule, Purpose
from portal.kernel.law.services import rule_loader
from portal.kernel.people.models import FourEyesRule, Role, RolePermission
from portal.kernel.people.services import roles
from portal.kernel.retention.models import RetentionRule
from tests.copied_rows import CopiedRows

RULES = (LegalRule, HouseRule, Purpose)


def _rules_of_law() -> Any:
    return rule_loader.sync(actor=actor.SYSTEM, now=clock.now())


def _every_rule() -> Any:
    call_command("sync_rules", stdout=StringIO())


def _roles() -> Any:
    return roles.sync(roles.shipped())


#: Rules of law, promises and purposes.
rules_of_law = CopiedRows(_rules_of_law, *RULES)
#: These, the retention rules and the certificates of signers: the command ``sync_rules``.
every_rule = CopiedRows(_every_rule, *RULES, RetentionRule, SignerKey)
#: Roles, what they may do, and who checks whom.
every_role = CopiedRows(_roles, Role, RolePermission, FourEyesRule)
