import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('vault', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(editable=False, max_length=16, unique=True)),
                ('kind', models.CharField(max_length=64)),
                ('parameters', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('queued', 'Waiting to start'), ('running', 'Running'), ('done', 'Finished'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=16)),
                ('started_by', models.CharField(help_text='Kind and reference of the requester.', max_length=80)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('done', models.PositiveBigIntegerField(default=0)),
                ('total', models.PositiveBigIntegerField(help_text='Empty: not known yet.', null=True)),
                ('failure_code', models.CharField(blank=True, max_length=40)),
                ('cancel_asked_at', models.DateTimeField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('lease_token', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('file_ref', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file_name', models.CharField(blank=True, max_length=120)),
                ('result_expires_at', models.DateTimeField(null=True)),
                ('result_file', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.storedfile')),
            ],
            options={
                'verbose_name': 'job',
                'verbose_name_plural': 'jobs',
                'ordering': ('-id',),
                'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['created_at'], name='jobs_job_unfinished'), models.Index(condition=models.Q(('result_expires_at__isnull', False)), fields=['result_expires_at'], name='jobs_job_result')],
                'constraints': [models.CheckConstraint(condition=models.Q(('total', None), ('done__lte', models.F('total')), _connector='OR'), name='jobs_job_done_is_at_most_total'), models.CheckConstraint(condition=models.Q(models.Q(('lease_token', None), ('leased_until', None)), models.Q(('lease_token__isnull', False), ('leased_until__isnull', False)), _connector='OR'), name='jobs_job_lease_has_a_token')],
            },
        ),
        migrations.CreateModel(
            name='ListExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=80, verbose_name='list')),
                ('resource', models.CharField(max_length=80)),
                ('file_format', models.CharField(max_length=8, verbose_name='file format')),
                ('columns', models.CharField(max_length=2000, verbose_name='columns')),
                ('filters', models.CharField(blank=True, max_length=1000, verbose_name='filters')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('is_masked', models.BooleanField(default=True, verbose_name='masked')),
                ('made_by', models.CharField(max_length=80, verbose_name='asked by')),
                ('approved_by', models.CharField(blank=True, max_length=80, verbose_name='approved by')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('made_at', models.DateTimeField(null=True, verbose_name='file made')),
                ('rows', models.PositiveBigIntegerField(null=True, verbose_name='rows')),
                ('size', models.PositiveBigIntegerField(null=True, verbose_name='bytes')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256')),
                ('ledger_size', models.PositiveBigIntegerField(help_text='Size of the newest signed checkpoint when it was read.', null=True, verbose_name='covers the ledger up to')),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='export', to='jobs.job', verbose_name='job')),
            ],
            options={
                'verbose_name': 'export',
                'verbose_name_plural': 'register of exports',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['made_by', '-id'], name='jobs_export_of')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('approved_by', ''), ('is_masked', True)), models.Q(('is_masked', False), models.Q(('approved_by', ''), _negated=True), models.Q(('approved_by', models.F('made_by')), _negated=True)), _connector='OR'), name='jobs_unmasked_by_two'), models.CheckConstraint(condition=models.Q(models.Q(('made_at', None), ('rows', None), ('sha256', ''), ('size', None)), models.Q(('made_at__isnull', False), ('rows__isnull', False), ('size__isnull', False), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='jobs_export_made_is_whole')],
            },
        ),
        migrations.CreateModel(
            name='ExportDownload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fetched_by', models.CharField(max_length=80, verbose_name='fetched by')),
                ('fetched_at', models.DateTimeField(verbose_name='fetched')),
                ('export', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='downloads', to='jobs.listexport', verbose_name='export')),
            ],
            options={
                'verbose_name': 'download',
                'verbose_name_plural': 'downloads',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ListImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(editable=False, max_length=16, unique=True, verbose_name='reference')),
                ('kind', models.CharField(max_length=80, verbose_name='goes into')),
                ('layout', models.CharField(choices=[('csv', 'CSV'), ('xlsx', 'XLSX')], editable=False, max_length=4)),
                ('made_by', models.CharField(max_length=80, verbose_name='uploaded by')),
                ('made_at', models.DateTimeField(verbose_name='brought')),
                ('state', models.CharField(choices=[('trying', 'Being tried'), ('tried', 'Tried: waits for your word'), ('taking', 'Being imported'), ('done', 'Imported'), ('unreadable', 'Cannot be read'), ('given_up', 'Cancelled')], default='trying', max_length=10, verbose_name='state')),
                ('sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of the file')),
                ('size', models.PositiveBigIntegerField(editable=False, verbose_name='bytes')),
                ('file_ref', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file_ended_at', models.DateTimeField(editable=False, null=True, verbose_name='file destroyed')),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='rows behind us')),
                ('last_line', models.PositiveIntegerField(default=0, verbose_name='up to line')),
                ('would_new', models.PositiveIntegerField(default=0)),
                ('would_changed', models.PositiveIntegerField(default=0)),
                ('would_same', models.PositiveIntegerField(default=0)),
                ('would_faulty', models.PositiveIntegerField(default=0)),
                ('did_new', models.PositiveIntegerField(default=0)),
                ('did_changed', models.PositiveIntegerField(default=0)),
                ('did_same', models.PositiveIntegerField(default=0)),
                ('did_faulty', models.PositiveIntegerField(default=0)),
                ('begun_at', models.DateTimeField(editable=False, null=True, verbose_name='begun for good')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('expires_at', models.DateTimeField(editable=False, null=True)),
                ('preview', models.BinaryField(blank=True, default=b'')),
                ('file', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.storedfile')),
                ('job', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.job', verbose_name='job')),
                ('trial', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.job', verbose_name='trial')),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'register of imports',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='jobs_import_expires'), models.Index(fields=['sha256'], name='jobs_import_file')],
                'constraints': [models.CheckConstraint(condition=models.Q(('done__lte', models.F('rows'))), name='jobs_import_done_is_at_most_rows'), models.UniqueConstraint(condition=models.Q(('state__in', ('taking', 'done'))), fields=('kind', 'sha256'), name='jobs_a_file_is_taken_in_once')],
            },
        ),
        migrations.CreateModel(
            name='ImportFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField(verbose_name='line')),
                ('column', models.CharField(blank=True, max_length=40, verbose_name='column')),
                ('message', models.CharField(max_length=500, verbose_name='what to do')),
                ('brought', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='faults', to='jobs.listimport', verbose_name='import')),
            ],
            options={
                'verbose_name': 'fault of an import',
                'verbose_name_plural': 'faults of imports',
                'ordering': ['line', 'id'],
                'constraints': [models.UniqueConstraint(fields=('brought', 'line', 'column'), name='jobs_import_fault_is_noted_once')],
            },
        ),
    ]
