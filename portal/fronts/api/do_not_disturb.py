"""A system of our own tells what a person does not want at a number ("Do not disturb")."""

from django.http import HttpRequest
from ninja import Field, Router, Schema

from consent.collection.services import dnd_preferences
from portal.fronts.api.keys import Key, actor_of, holder
from portal.fronts.api.request_schemas import BodyIn
from portal.kernel.core import clock
from portal.kernel.law.choices import DayType, PreferenceCategory
from portal.kernel.people.choices import ApiScope

router = Router(tags=["Consents"])


class BlocksIn(BodyIn):
    """What is not wanted at a number, beside what is blocked there already. A list that is left out adds nothing."""

    address: str = Field(max_length=32, examples=["+919876543210"])
    categories: list[PreferenceCategory] = Field(default_factory=list, max_length=8, examples=[["real_estate"]])
    modes: list[str] = Field(
        default_factory=list, max_length=4, description="sms, voice, whatsapp, rcs", examples=[["voice"]]
    )
    bands: list[str] = Field(
        default_factory=list,
        max_length=24,
        description="Hours in India, as rule IN-TRAI-PREF-BANDS has them",
        examples=[["18:00-21:00"]],
    )
    days: list[DayType] = Field(default_factory=list, max_length=8, examples=[["sun", "holiday"]])


class BlocksOut(Schema):
    """One receipt for each person at the number; none where all of it was blocked already."""

    receipts: list[str]


@router.post(
    "/blocks",
    auth=Key(ApiScope.CONSENTS_WRITE),
    response=BlocksOut,
    summary="Report what is not wanted at a number",
    operation_id="tell_blocks",
)
def tell_blocks(request: HttpRequest, given: BlocksIn) -> BlocksOut:
    """For Onesetu's own keys only: it stops every sender's promotion. Adds, never lifts; safe to repeat."""
    done = dnd_preferences.told_by_system(
        fiduciary=holder(request).fiduciary,
        address=given.address,
        lists=given.model_dump(mode="json", exclude={"address"}),
        actor=actor_of(request),
        now=clock.now(),
    )
    return BlocksOut(receipts=[receipt.reference for receipt in done])
