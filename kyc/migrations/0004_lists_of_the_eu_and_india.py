from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kyc', '0003_register_files'),
    ]

    operations = [
        migrations.AlterField(
            model_name='likeness',
            name='source',
            field=models.CharField(choices=[('un', 'United Nations Security Council'), ('ofac', 'United States Treasury (OFAC, SDN)'), ('eu', 'European Union (consolidated list)'), ('uapa', 'India (UAPA, First and Fourth Schedule)')], max_length=8, verbose_name='list'),
        ),
        migrations.AlterField(
            model_name='sanctionslist',
            name='source',
            field=models.CharField(choices=[('un', 'United Nations Security Council'), ('ofac', 'United States Treasury (OFAC, SDN)'), ('eu', 'European Union (consolidated list)'), ('uapa', 'India (UAPA, First and Fourth Schedule)')], editable=False, max_length=8, verbose_name='list'),
        ),
        migrations.AlterField(
            model_name='screening',
            name='source',
            field=models.CharField(choices=[('un', 'United Nations Security Council'), ('ofac', 'United States Treasury (OFAC, SDN)'), ('eu', 'European Union (consolidated list)'), ('uapa', 'India (UAPA, First and Fourth Schedule)')], max_length=8, verbose_name='list'),
        ),
    ]
