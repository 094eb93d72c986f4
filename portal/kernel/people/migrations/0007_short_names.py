from django.db import migrations

from portal.kernel.core.fields import ShortTextField


class Migration(migrations.Migration):
    dependencies = [("people", "0006_freezes_login")]

    # Without a value for the rows that are there: nothing waits, and the release before does not write them.
    operations = [
        migrations.AddField(
            model_name="customer",
            name="short_name",
            field=ShortTextField(of="name", purpose="people.customer.short_name", verbose_name="short name"),
        ),
        migrations.AddField(
            model_name="principal",
            name="short_name",
            field=ShortTextField(of="full_name", purpose="people.principal.short_name", verbose_name="short name"),
        ),
    ]
