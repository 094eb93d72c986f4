from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0005_answers_about_one_sender")]

    operations = [
        migrations.AddField(
            model_name="takenanswer",
            name="sender",
            field=models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="sender"),
        ),
    ]
