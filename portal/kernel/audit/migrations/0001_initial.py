import django.db.models.deletion
import portal.kernel.core.fields
from django.db import migrations, models
from portal.kernel.core.tables import CreateTogether


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('ledger', '0001_initial'),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name='AuditEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(db_index=True, max_length=64, verbose_name='act')),
                    ('actor_kind', models.CharField(max_length=16, verbose_name='kind of actor')),
                    ('actor_ref', models.CharField(max_length=64, verbose_name='actor')),
                    ('via', models.CharField(blank=True, max_length=64, verbose_name='way')),
                    ('about', models.CharField(db_index=True, max_length=120, verbose_name='about')),
                    ('facts', models.JSONField(default=dict, verbose_name='facts')),
                    ('subject_ref', models.UUIDField(blank=True, db_index=True, null=True, verbose_name='subject')),
                    ('at', models.DateTimeField(db_index=True, verbose_name='at')),
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to='ledger.entry', verbose_name='ledger entry')),
                ],
                options={
                    'verbose_name': 'audit event',
                    'verbose_name_plural': 'audit events',
                },
            ),
            migrations.CreateModel(
                name='AuditPersonal',
                fields=[
                    ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='audit.auditevent', verbose_name='audit event')),
                    ('subject_ref', models.UUIDField(blank=True, db_index=True, null=True, verbose_name='subject')),
                    ('body', portal.kernel.core.fields.EncryptedTextField(editable=True, purpose='audit.personal', verbose_name='values')),
                    ('recorded_at', models.DateTimeField(db_index=True, verbose_name='recorded at')),
                ],
                options={
                    'verbose_name': 'personal part of an audit event',
                    'verbose_name_plural': 'personal parts of audit events',
                },
            ),
        ),
    ]
