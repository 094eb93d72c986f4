"""What people were told about their answers without having asked: proof that it was said, once and in time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.events import ConsentEvent
from portal.core.data_categories import declare
from portal.core.models import AppendOnlyModel


class EndingTold(AppendOnlyModel):
    """The person was told, before the end of a yes, that it ends: once for each yes."""

    event = models.OneToOneField(ConsentEvent, models.PROTECT, related_name="ending_told", verbose_name=_("answer"))
    #: The messages that told it, by the label they share.
    about = models.CharField(_("what the messages are about"), max_length=80)
    ends_at = models.DateTimeField(_("ends"))
    told_at = models.DateTimeField(_("told"))

    data_categories = declare(none="id event about ends_at told_at")

    class Meta:
        verbose_name = _("reminder of an end")
        verbose_name_plural = _("reminders of an end")

    def __str__(self) -> str:
        return self.about
