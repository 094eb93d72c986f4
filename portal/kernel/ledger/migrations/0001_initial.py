import django.db.models.deletion
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
                name='Checkpoint',
                fields=[
                    ('size', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='leaves')),
                    ('root', models.BinaryField(max_length=32, verbose_name='root')),
                    ('note', models.BinaryField(verbose_name='signed note')),
                    ('complete_to', models.DateTimeField(blank=True, null=True, verbose_name='complete up to')),
                    ('signed_at', models.DateTimeField(db_index=True, verbose_name='signed at')),
                ],
                options={
                    'verbose_name': 'checkpoint',
                    'verbose_name_plural': 'checkpoints',
                },
            ),
            migrations.CreateModel(
                name='Entry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event_id', models.UUIDField(default=uuid.uuid4, unique=True, verbose_name='event')),
                    ('kind', models.CharField(choices=[('genesis', 'first entry of the ledger'), ('consent', 'consent event'), ('notice', 'published notice'), ('redaction', 'redaction'), ('key-rotation', 'change of the signing key'), ('audit', 'audit event')], max_length=16, verbose_name='kind')),
                    ('subject_ref', models.UUIDField(blank=True, db_index=True, null=True, verbose_name='subject')),
                    ('leaf_hash', models.BinaryField(max_length=32, verbose_name='leaf hash')),
                    ('commitment', models.BinaryField(max_length=32, null=True, verbose_name='commitment')),
                    ('recorded_at', models.DateTimeField(db_index=True, verbose_name='recorded at')),
                ],
                options={
                    'verbose_name': 'ledger entry',
                    'verbose_name_plural': 'ledger entries',
                },
            ),
            migrations.CreateModel(
                name='Verification',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('scope', models.CharField(choices=[('new', 'new entries'), ('all', 'all entries')], max_length=8, verbose_name='scope')),
                    ('size', models.BigIntegerField(verbose_name='leaves')),
                    ('ok', models.BooleanField(verbose_name='clean')),
                    ('failures', models.JSONField(default=list, verbose_name='failures')),
                    ('started_at', models.DateTimeField(verbose_name='started at')),
                    ('finished_at', models.DateTimeField(verbose_name='finished at')),
                ],
                options={
                    'verbose_name': 'verification',
                    'verbose_name_plural': 'verifications',
                },
            ),
            migrations.CreateModel(
                name='WitnessRefusal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('vkey', models.CharField(max_length=200, verbose_name='key of the witness')),
                    ('status', models.PositiveSmallIntegerField(verbose_name='state of its decision')),
                    ('old_size', models.BigIntegerField(verbose_name='size before')),
                    ('known_size', models.BigIntegerField(blank=True, null=True, verbose_name='size known to the witness')),
                    ('note', models.BinaryField(verbose_name='signed note that was refused')),
                    ('refused_at', models.DateTimeField(verbose_name='refused')),
                ],
                options={
                    'verbose_name': 'refusal of a witness',
                    'verbose_name_plural': 'refusals of witnesses',
                },
            ),
            migrations.CreateModel(
                name='Payload',
                fields=[
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='ledger.entry', verbose_name='entry')),
                    ('body', models.BinaryField(verbose_name='canonical JSON')),
                    ('salt', models.BinaryField(max_length=32, verbose_name='salt')),
                ],
                options={
                    'verbose_name': 'ledger payload',
                    'verbose_name_plural': 'ledger payloads',
                },
            ),
            migrations.CreateModel(
                name='Pending',
                fields=[
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='ledger.entry', verbose_name='entry')),
                ],
                options={
                    'verbose_name': 'entry to be sealed',
                    'verbose_name_plural': 'entries to be sealed',
                },
            ),
            migrations.CreateModel(
                name='Head',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('size', models.BigIntegerField(default=0, verbose_name='leaves')),
                    ('root', models.BinaryField(max_length=32, verbose_name='root')),
                    ('complete_to', models.DateTimeField(blank=True, null=True, verbose_name='complete up to')),
                    ('stopped_at', models.DateTimeField(blank=True, null=True, verbose_name='signing stopped at')),
                    ('stopped_by', models.CharField(blank=True, max_length=16, verbose_name='check that failed')),
                ],
                options={
                    'verbose_name': 'tree head',
                    'verbose_name_plural': 'tree heads',
                    'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='ledger_head_is_one_row')],
                },
            ),
            migrations.CreateModel(
                name='KeyRotation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('old_vkey', models.CharField(max_length=200, verbose_name='key until then')),
                    ('new_vkey', models.CharField(max_length=200, unique=True, verbose_name='key from then on')),
                    ('first_size', models.BigIntegerField(unique=True, verbose_name='first size that it signs')),
                    ('cause', models.CharField(choices=[('routine', 'In due course'), ('compromise', 'Another person may have the key'), ('restore', 'Entries were lost: a backup was restored')], max_length=12, verbose_name='why')),
                    ('good_size', models.BigIntegerField(blank=True, null=True, verbose_name='last good size')),
                    ('good_root', models.BinaryField(max_length=32, null=True, verbose_name='last good root')),
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry', verbose_name='ledger entry')),
                ],
                options={
                    'verbose_name': 'change of the signing key',
                    'verbose_name_plural': 'changes of the signing key',
                    'ordering': ('first_size',),
                },
            ),
            migrations.CreateModel(
                name='Leaf',
                fields=[
                    ('index', models.BigIntegerField(db_column='idx', primary_key=True, serialize=False, verbose_name='index')),
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to='ledger.entry', verbose_name='entry')),
                ],
                options={
                    'verbose_name': 'leaf',
                    'verbose_name_plural': 'leaves',
                },
            ),
            migrations.CreateModel(
                name='Tile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('level', models.SmallIntegerField(verbose_name='level')),
                    ('n', models.BigIntegerField(verbose_name='number')),
                    ('width', models.SmallIntegerField(db_column='w', verbose_name='hashes')),
                    ('hashes', models.BinaryField(max_length=8192, verbose_name='hashes')),
                ],
                options={
                    'verbose_name': 'tile',
                    'verbose_name_plural': 'tiles',
                    'constraints': [models.UniqueConstraint(fields=('level', 'n'), name='ledger_tile_once')],
                },
            ),
            migrations.CreateModel(
                name='Cosignature',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('vkey', models.CharField(max_length=200, verbose_name='key of the witness')),
                    ('value', models.BinaryField(max_length=72, verbose_name='time and signature')),
                    ('seen_at', models.DateTimeField(verbose_name='seen by the witness')),
                    ('received_at', models.DateTimeField(verbose_name='received')),
                    ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='ledger.checkpoint', verbose_name='checkpoint')),
                ],
                options={
                    'verbose_name': 'cosignature',
                    'verbose_name_plural': 'cosignatures',
                    'indexes': [models.Index(fields=['vkey', '-checkpoint'], name='ledger_cosigned_by')],
                    'constraints': [models.UniqueConstraint(fields=('checkpoint', 'vkey'), name='ledger_cosigned_once')],
                },
            ),
            migrations.CreateModel(
                name='Redacting',
                fields=[
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='ledger.entry', verbose_name='entry')),
                    ('since', models.DateTimeField(verbose_name='since')),
                    ('record', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry', verbose_name='redaction record')),
                ],
                options={
                    'verbose_name': 'redaction under way',
                    'verbose_name_plural': 'redactions under way',
                },
            ),
        ),
    ]
