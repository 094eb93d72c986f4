"""The words of nominees, as people and staff read them."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from grievances.base.request_labels import Text
from grievances.nominees import choices as states

RIGHTS: Final[Mapping[str, Text]] = {
    states.NomineeRight.ACCESS: _("See the data and get a copy"),
    states.NomineeRight.CORRECTION: _("Correct or complete the data"),
    states.NomineeRight.ERASURE: _("Have the data erased"),
    states.NomineeRight.WITHDRAWAL: _("Withdraw consents and object"),
    states.NomineeRight.GRIEVANCE: _("Complain (file a grievance)"),
}
STANDINGS: Final[Mapping[str, Text]] = {
    states.StandingState.COOLING: _("Waits, so that the person can object"),
    states.StandingState.IN_FORCE: _("In force"),
    states.StandingState.ENDED: _("Ended"),
}
STANDING_ENDS: Final[Mapping[str, Text]] = {
    states.StandingEnd.PERSON: _("The person said that it is wrong"),
    states.StandingEnd.NOMINATION: _("The person had ended the nomination"),
    states.StandingEnd.STAFF: _("Staff ended it"),
    states.StandingEnd.ANOTHER: _("A later claim took its place"),
}
RELATIONS: Final[Mapping[str, Text]] = {
    states.NomineeRelation.SPOUSE: _("Husband, wife or partner"),
    states.NomineeRelation.PARENT: _("Mother or father"),
    states.NomineeRelation.CHILD: _("Daughter or son"),
    states.NomineeRelation.SIBLING: _("Sister or brother"),
    states.NomineeRelation.RELATIVE: _("Another relative"),
    states.NomineeRelation.FRIEND: _("A friend"),
    states.NomineeRelation.OTHER: _("Somebody else"),
}
