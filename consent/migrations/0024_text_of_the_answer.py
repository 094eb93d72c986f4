"""The state of an answer names the text it was said to, and a question is put once for each material version of its text."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery


def name_the_texts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    database = schema_editor.connection.alias
    events = apps.get_model("consent", "ConsentEvent").objects.using(database).filter(pk=OuterRef("event_id"))
    states = apps.get_model("consent", "ConsentState").objects.using(database)
    states.exclude(event__notice_version=None).update(notice_version_id=Subquery(events.values("notice_version_id")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0023_way_of_a_system"),
    ]

    operations = [
        migrations.AddField(
            model_name="consentstate",
            name="notice_version",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.noticeversion",
                verbose_name="notice shown",
            ),
        ),
        migrations.RunPython(name_the_texts, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="meeting", name="consent_question_is_put_once"),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.UniqueConstraint(
                fields=("subject_ref", "purpose", "meaning_since", "notice_version"),
                name="consent_question_is_put_once",
            ),
        ),
    ]
