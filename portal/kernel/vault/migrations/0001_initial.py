import uuid
from django.db import migrations, models
from portal.kernel.core.tables import CreateTogether


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name='StoredFile',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                    ('subject_ref', models.UUIDField(db_index=True, verbose_name='subject')),
                    ('retention_class', models.CharField(choices=[('kyc', 'KYC documents of customers and resellers'), ('kyc_accounts', 'Bank documents of customers, resellers and vendors'), ('kyc_vendor', 'Documents of vendors'), ('kyc_developer', 'Documents of developers'), ('kyc_applicant', 'Documents of job applicants'), ('grievance', 'Grievances and requests'), ('message', 'Messages as sent'), ('consent_evidence', 'Evidence of consent'), ('audit_personal', 'Personal part of audit events'), ('export', 'Exports and bundles'), ('quarantine', 'Uploads not yet checked')], max_length=24, verbose_name='retention class')),
                    ('kind', models.CharField(max_length=40, verbose_name='kind')),
                    ('storage_name', models.CharField(max_length=80, unique=True, verbose_name='place in the storage')),
                    ('size', models.PositiveBigIntegerField(verbose_name='size in bytes')),
                    ('sha256', models.CharField(max_length=64, verbose_name='SHA-256 of the clear bytes')),
                    ('key_id', models.UUIDField(verbose_name='subject key')),
                    ('wrapped_key', models.BinaryField(max_length=80, verbose_name='wrapped data key')),
                    ('stored_at', models.DateTimeField(db_index=True, verbose_name='stored')),
                    ('shredded_at', models.DateTimeField(blank=True, null=True, verbose_name='shredded')),
                ],
                options={
                    'verbose_name': 'stored file',
                    'verbose_name_plural': 'stored files',
                },
            ),
            migrations.CreateModel(
                name='ShredOrder',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_ref', models.UUIDField(verbose_name='subject')),
                    ('retention_class', models.CharField(choices=[('kyc', 'KYC documents of customers and resellers'), ('kyc_accounts', 'Bank documents of customers, resellers and vendors'), ('kyc_vendor', 'Documents of vendors'), ('kyc_developer', 'Documents of developers'), ('kyc_applicant', 'Documents of job applicants'), ('grievance', 'Grievances and requests'), ('message', 'Messages as sent'), ('consent_evidence', 'Evidence of consent'), ('audit_personal', 'Personal part of audit events'), ('export', 'Exports and bundles'), ('quarantine', 'Uploads not yet checked')], max_length=24, verbose_name='retention class')),
                    ('key_id', models.UUIDField(unique=True, verbose_name='subject key')),
                    ('ordered_at', models.DateTimeField(verbose_name='ordered')),
                    ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done')),
                ],
                options={
                    'verbose_name': 'order to shred a key',
                    'verbose_name_plural': 'orders to shred keys',
                    'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['ordered_at'], name='vault_orders_not_done')],
                },
            ),
            migrations.CreateModel(
                name='SubjectKey',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                    ('subject_ref', models.UUIDField(verbose_name='subject')),
                    ('retention_class', models.CharField(choices=[('kyc', 'KYC documents of customers and resellers'), ('kyc_accounts', 'Bank documents of customers, resellers and vendors'), ('kyc_vendor', 'Documents of vendors'), ('kyc_developer', 'Documents of developers'), ('kyc_applicant', 'Documents of job applicants'), ('grievance', 'Grievances and requests'), ('message', 'Messages as sent'), ('consent_evidence', 'Evidence of consent'), ('audit_personal', 'Personal part of audit events'), ('export', 'Exports and bundles'), ('quarantine', 'Uploads not yet checked')], max_length=24, verbose_name='retention class')),
                    ('wrapped', models.BinaryField(max_length=120, verbose_name='wrapped key')),
                    ('created_at', models.DateTimeField(verbose_name='created')),
                ],
                options={
                    'verbose_name': 'subject key',
                    'verbose_name_plural': 'subject keys',
                    'constraints': [models.UniqueConstraint(fields=('subject_ref', 'retention_class'), name='vault_one_key_per_subject_and_class')],
                },
            ),
            migrations.CreateModel(
                name='ErasureMark',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_ref', models.UUIDField(verbose_name='subject')),
                    ('eraser', models.CharField(max_length=64, verbose_name='what')),
                    ('before', models.DateTimeField(null=True, verbose_name='what began before')),
                    ('because', models.CharField(max_length=32, verbose_name='run')),
                    ('erased_at', models.DateTimeField(verbose_name='erased')),
                ],
                options={
                    'verbose_name': 'mark of an erasure',
                    'verbose_name_plural': 'marks of erasures',
                    'indexes': [models.Index(fields=['eraser', 'id'], name='vault_marks_of_eraser')],
                    'constraints': [models.UniqueConstraint(fields=('subject_ref', 'eraser', 'because'), name='vault_one_mark_per_erasure')],
                },
            ),
        ),
    ]
