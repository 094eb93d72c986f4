import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from portal.core.tables import CreateTogether


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '__first__'),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name='ErasureRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.CharField(editable=False, max_length=16, unique=True, verbose_name='reference')),
                    ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Finished'), ('failed', 'Finished, but not everything could be erased'), ('broken_off', 'Broken off: the next run goes on')], default='running', max_length=16, verbose_name='state')),
                    ('started_by', models.CharField(max_length=80, verbose_name='started by')),
                    ('started_at', models.DateTimeField(verbose_name='started')),
                    ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                    ('due', models.PositiveBigIntegerField(default=0, verbose_name='due')),
                    ('held', models.PositiveBigIntegerField(default=0, verbose_name='held')),
                    ('kept_by_law', models.PositiveBigIntegerField(default=0, verbose_name='kept by law')),
                    ('erased', models.PositiveBigIntegerField(default=0, verbose_name='erased')),
                    ('certificate', models.JSONField(null=True, verbose_name='certificate')),
                    ('certificate_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 of the certificate')),
                ],
                options={
                    'verbose_name': 'erasure run',
                    'verbose_name_plural': 'erasure runs',
                    'ordering': ('-id',),
                },
            ),
            migrations.CreateModel(
                name='Hold',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_ref', models.UUIDField(db_index=True, verbose_name='subject')),
                    ('retention_class', models.SlugField(blank=True, help_text='Empty: every class.', max_length=32, verbose_name='class')),
                    ('order_reference', models.CharField(help_text='Reference of the order, suit or inquiry; no names.', max_length=80, verbose_name='order or case')),
                    ('why', models.TextField(max_length=1000, verbose_name='why')),
                    ('placed_at', models.DateTimeField(verbose_name='placed')),
                    ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='released')),
                    ('placed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='placed by')),
                ],
                options={
                    'verbose_name': 'legal hold',
                    'verbose_name_plural': 'legal holds',
                    'ordering': ('-placed_at',),
                    'constraints': [models.CheckConstraint(condition=models.Q(('released_at', None), ('released_at__gte', models.F('placed_at')), _connector='OR'), name='retention_hold_ends_after_it_begins')],
                },
            ),
            migrations.CreateModel(
                name='HoldRelease',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                    ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                    ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                    ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                    ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                    ('reason', models.TextField(blank=True, max_length=2000, verbose_name='reason of the answer')),
                    ('why', models.TextField(max_length=1000, verbose_name='why')),
                    ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                    ('hold', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='retention.hold')),
                    ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                ],
                options={
                    'verbose_name': 'release of a hold',
                    'verbose_name_plural': 'releases of holds',
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='retention_holdrelease_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='retention_holdrelease_answered_by_someone'), models.UniqueConstraint(condition=models.Q(('answer', 'pending')), fields=('hold',), name='retention_one_open_release_per_hold')],
                },
            ),
            migrations.CreateModel(
                name='RetentionRule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('retention_class', models.SlugField(max_length=32, verbose_name='class')),
                    ('version', models.PositiveIntegerField(verbose_name='version')),
                    ('name', models.CharField(max_length=120, verbose_name='what it is')),
                    ('counts_from', models.CharField(max_length=120, verbose_name='counts from')),
                    ('house_rule', models.CharField(help_text='Key of a house rule.', max_length=40, verbose_name='our own period')),
                    ('legal_rules', models.JSONField(default=list, help_text='Keys of legal rules.', verbose_name='laws that ask for longer')),
                    ('effective_from', models.DateField(verbose_name='in force from')),
                    ('source', models.CharField(max_length=300, verbose_name='source')),
                    ('note', models.TextField(blank=True, verbose_name='note')),
                    ('sha256', models.CharField(max_length=64, verbose_name='content hash')),
                    ('recorded_at', models.DateTimeField(verbose_name='recorded')),
                ],
                options={
                    'verbose_name': 'retention rule',
                    'verbose_name_plural': 'retention rules',
                    'ordering': ('retention_class', '-version'),
                    'constraints': [models.UniqueConstraint(fields=('retention_class', 'version'), name='retention_rule_has_one_of_a_version')],
                },
            ),
            migrations.CreateModel(
                name='ErasureStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('eraser', models.CharField(max_length=64, verbose_name='what')),
                    ('retention_class', models.SlugField(max_length=32, verbose_name='class')),
                    ('rule_version', models.PositiveIntegerField(verbose_name='version of the rule')),
                    ('rule_sha256', models.CharField(max_length=64, verbose_name='content hash of the rule')),
                    ('cutoff', models.DateTimeField(null=True, verbose_name='erased what began before')),
                    ('due', models.PositiveBigIntegerField(default=0, verbose_name='due')),
                    ('held', models.PositiveBigIntegerField(default=0, verbose_name='held')),
                    ('kept_by_law', models.PositiveBigIntegerField(default=0, verbose_name='kept by law')),
                    ('erased', models.PositiveBigIntegerField(default=0, verbose_name='erased')),
                    ('failure', models.CharField(blank=True, db_default='', default='', help_text='The type of the last error: something was not erased. The next run tries again.', max_length=64, verbose_name='failure')),
                    ('subjects_sha256', models.CharField(help_text='Of the sorted references of the subjects concerned: names nobody, proves which.', max_length=64, verbose_name='SHA-256 of the references')),
                    ('finished_at', models.DateTimeField(verbose_name='finished')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='retention.erasurerun')),
                ],
                options={
                    'verbose_name': 'step of an erasure run',
                    'verbose_name_plural': 'steps of erasure runs',
                    'ordering': ('id',),
                    'constraints': [models.UniqueConstraint(fields=('run', 'eraser'), name='retention_step_is_done_once_in_a_run')],
                },
            ),
        ),
    ]
