import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from portal.kernel.core.tables import CreateTogether


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0001_initial'),
        ('people', '__first__'),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name='KeyRotationProposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                    ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                    ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                    ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                    ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                    ('reason', models.TextField(blank=True, max_length=2000, verbose_name='decision note')),
                    ('old_vkey', models.CharField(max_length=200, verbose_name='key until now')),
                    ('new_vkey', models.CharField(max_length=200, verbose_name='key that is to follow')),
                    ('cause', models.CharField(choices=[('routine', 'In due course'), ('compromise', 'Another person may have the key'), ('restore', 'Entries were lost: a backup was restored')], max_length=12, verbose_name='why')),
                    ('good_size', models.PositiveBigIntegerField(blank=True, help_text='After a compromise: the last checkpoint that was surely signed by us.', null=True, verbose_name='last good size')),
                    ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                    ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                ],
                options={
                    'verbose_name': 'proposal for the signing key',
                    'verbose_name_plural': 'proposals for the signing key',
                    'ordering': ['-id'],
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='workplace_keyrotationproposal_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='workplace_keyrotationproposal_answered_by_someone'), models.UniqueConstraint(condition=models.Q(('answer', 'pending')), fields=('act',), name='workplace_one_key_is_proposed')],
                },
            ),
            migrations.CreateModel(
                name='ProfileProposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                    ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                    ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                    ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                    ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                    ('reason', models.TextField(blank=True, max_length=2000, verbose_name='decision note')),
                    ('answers', models.JSONField(verbose_name='answers')),
                    ('effective_from', models.DateField(verbose_name='in force from')),
                    ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                    ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                ],
                options={
                    'verbose_name': 'proposal for the profile',
                    'verbose_name_plural': 'proposals for the profile',
                    'ordering': ['-id'],
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='workplace_profileproposal_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='workplace_profileproposal_answered_by_someone')],
                },
            ),
            migrations.CreateModel(
                name='PurposeProposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                    ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                    ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                    ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                    ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                    ('reason', models.TextField(blank=True, max_length=2000, verbose_name='decision note')),
                    ('code', models.SlugField(max_length=40, verbose_name='code')),
                    ('content', models.JSONField(verbose_name='content')),
                    ('effective_from', models.DateField(verbose_name='in force from')),
                    ('is_correction', models.BooleanField(default=False, help_text='Tick this for a slip of the pen: the meaning stays, and no one is asked again.', verbose_name='only corrects words')),
                    ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                    ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                ],
                options={
                    'verbose_name': 'proposal for a purpose',
                    'verbose_name_plural': 'proposals for purposes',
                    'ordering': ['-id'],
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='workplace_purposeproposal_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='workplace_purposeproposal_answered_by_someone')],
                },
            ),
            migrations.CreateModel(
                name='SavedView',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=60, verbose_name='name')),
                    ('model', models.CharField(editable=False, max_length=60, verbose_name='list')),
                    ('query', models.CharField(editable=False, max_length=500, verbose_name='filters')),
                    ('saved_at', models.DateTimeField(editable=False, verbose_name='saved')),
                    ('owner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='saved by')),
                    ('shared_with', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.role', verbose_name='share with')),
                ],
                options={
                    'verbose_name': 'saved view',
                    'verbose_name_plural': 'saved views',
                    'ordering': ['name', 'id'],
                    'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='workplace_one_view_of_a_name')],
                },
            ),
        ),
        migrations.CreateModel(
            name='HealthState',
            fields=[
                ('name', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='check')),
                ('is_bad', models.BooleanField(default=False, verbose_name='bad')),
                ('seen_bad', models.BooleanField(default=False, verbose_name='bad at the last look')),
                ('since', models.DateTimeField(verbose_name='since')),
            ],
            options={
                'verbose_name': 'state of a check',
                'verbose_name_plural': 'states of checks',
            },
        ),
        migrations.CreateModel(
            name='Pulse',
            fields=[
                ('queue', models.CharField(max_length=24, primary_key=True, serialize=False, verbose_name='queue')),
                ('at', models.DateTimeField(verbose_name='last heartbeat')),
                ('first_at', models.DateTimeField(verbose_name='first heartbeat')),
            ],
            options={
                'verbose_name': 'heartbeat',
                'verbose_name_plural': 'heartbeats',
            },
        ),
        migrations.CreateModel(
            name='UnmaskedExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                ('reason', models.TextField(blank=True, max_length=2000, verbose_name='decision note')),
                ('listed', models.CharField(max_length=80, verbose_name='list')),
                ('columns', models.CharField(max_length=2000, verbose_name='columns')),
                ('file_format', models.CharField(max_length=8, verbose_name='file format')),
                ('filters', models.CharField(blank=True, max_length=1000, verbose_name='filters')),
                ('why', models.TextField(max_length=500, verbose_name='why it is needed')),
                ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('export', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.listexport', verbose_name='export')),
                ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
            ],
            options={
                'verbose_name': 'unmasked export',
                'verbose_name_plural': 'unmasked exports',
                'ordering': ['-id'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='workplace_unmaskedexport_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='workplace_unmaskedexport_answered_by_someone')],
            },
        ),
    ]
