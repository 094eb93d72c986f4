from django.db import migrations, models


def fill(apps, schema_editor):
    """What was cancelled before froze the login everywhere: an upgrade lifts no freeze that is in force."""
    apps.get_model("people", "AccountChange").objects.exclude(cancelled_at=None).update(freezes_login=True)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_account_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="accountchange",
            name="freezes_login",
            field=models.BooleanField(db_default=False, default=False, verbose_name="cancelled by the person who made it"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
