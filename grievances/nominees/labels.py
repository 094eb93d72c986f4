"""The words of nominees, as people and staff read them."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from grievances.base.request_labels import Text
from grievances.nominees import choices

RIGHTS: Final[Mapping[str, Text]] = {
    choices.NomineeRight.ACCESS: _("See the data and get a copy"),
    choices.NomineeRight.CORRECTION: _("Correct or complete the data"),
    choices.NomineeRight.ERASURE: _("Have the data erased"),
    choices.NomineeRight.WITHDRAWAL: _("Withdraw consents and object"),
    choices.NomineeRight.GRIEVANCE: _("Complain (file a grievance)"),
}
STANDINGS: Final[Mapping[str, Text]] = {
    choices.StandingState.COOLING: _("Waits, so that the person can object"),
    choices.StandingState.IN_FORCE: _("In force"),
    choices.StandingState.ENDED: _("Ended"),
}
STANDING_ENDS: Final[Mapping[str, Text]] = {
    choices.StandingEnd.PERSON: _("The person said that it is wrong"),
    choices.StandingEnd.NOMINATION: _("The person had ended the nomination"),
    choices.StandingEnd.STAFF: _("Staff ended it"),
    choices.StandingEnd.ANOTHER: _("A later claim took its place"),
}
RELATIONS: Final[Mapping[str, Text]] = {
    choices.NomineeRelation.SPOUSE: _("Husband, wife or partner"),
    choices.NomineeRelation.PARENT: _("Mother or father"),
    choices.NomineeRelation.CHILD: _("Daughter or son"),
    choices.NomineeRelation.SIBLING: _("Sister or brother"),
    choices.NomineeRelation.RELATIVE: _("Another relative"),
    choices.NomineeRelation.FRIEND: _("A friend"),
    choices.NomineeRelation.OTHER: _("Someone else"),
}
