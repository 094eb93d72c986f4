from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kyc', '0004_lists_of_the_eu_and_india'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='screening',
            name='kyc_each_customer_is_screened_once',
        ),
        migrations.RemoveConstraint(
            model_name='screening',
            name='kyc_each_party_is_screened_once',
        ),
        migrations.AddField(
            model_name='likeness',
            name='score',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='how alike they sound, of 100'),
        ),
        migrations.AlterField(
            model_name='screening',
            name='names_version',
            field=models.CharField(max_length=24, verbose_name='version of the rule of names'),
        ),
        migrations.AddConstraint(
            model_name='screening',
            constraint=models.UniqueConstraint(condition=models.Q(('party', None)), fields=('case', 'edition', 'name_key', 'names_version'), name='kyc_each_customer_is_screened_once'),
        ),
        migrations.AddConstraint(
            model_name='screening',
            constraint=models.UniqueConstraint(fields=('party', 'edition', 'name_key', 'names_version'), name='kyc_each_party_is_screened_once'),
        ),
    ]
