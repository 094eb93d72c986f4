import django.db.models.deletion
import grievances.states
import portal.core.fields
import uuid
from django.conf import settings
from django.db import migrations, models
from portal.core.tables import CreateTogether


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('people', '__first__'),
        ('vault', '0001_initial'),
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name='Ticket',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.CharField(max_length=20, unique=True, verbose_name='reference')),
                    ('filing_key', models.UUIDField(editable=False, unique=True, verbose_name='filing key')),
                    ('subject_ref', models.UUIDField(db_index=True, editable=False, verbose_name='subject')),
                    ('kind', models.CharField(choices=[(grievances.states.TicketKind['UNWANTED_MESSAGES'], 'Messages I did not want'), (grievances.states.TicketKind['DATA_WRONG'], 'My data is wrong'), (grievances.states.TicketKind['DATA_SHARED'], 'My data was shared'), (grievances.states.TicketKind['KYC'], 'Proving who I am (KYC)'), (grievances.states.TicketKind['BILLING'], 'A bill or a payment'), (grievances.states.TicketKind['CONSENT'], 'A consent I gave or took back'), (grievances.states.TicketKind['BREACH'], 'My data may have been stolen or lost'), (grievances.states.TicketKind['OTHER'], 'Something else')], max_length=20, verbose_name='kind')),
                    ('for_whom', models.CharField(choices=[(grievances.states.ForWhom['SELF'], 'Me'), (grievances.states.ForWhom['IN_MY_CARE'], 'A child or a person I look after'), (grievances.states.ForWhom['NOMINATED_ME'], 'Someone who nominated me'), (grievances.states.ForWhom['ORGANISATION'], 'My organisation')], max_length=16, verbose_name='for whom')),
                    ('state', models.CharField(choices=[(grievances.states.TicketState['RECEIVED'], 'Received'), (grievances.states.TicketState['WITH_US'], 'With us'), (grievances.states.TicketState['WITH_YOU'], 'With the person'), (grievances.states.TicketState['ANSWERED'], 'Answered'), (grievances.states.TicketState['CLOSED'], 'Closed')], default=grievances.states.TicketState['RECEIVED'], max_length=12, verbose_name='state')),
                    ('closed_because', models.CharField(blank=True, choices=[(grievances.states.ClosedBecause['SETTLED'], 'Settled'), (grievances.states.ClosedBecause['WITHDRAWN'], 'Withdrawn by the person'), (grievances.states.ClosedBecause['SILENCE'], 'No answer to our proposal'), (grievances.states.ClosedBecause['ERASED'], 'Data erased')], max_length=12, verbose_name='why closed')),
                    ('language', models.CharField(max_length=12, verbose_name='language')),
                    ('zone', models.CharField(default='Asia/Kolkata', max_length=40, verbose_name='time zone')),
                    ('received_at', models.DateTimeField(verbose_name='received')),
                    ('acknowledged_at', models.DateTimeField(blank=True, null=True, verbose_name='acknowledged')),
                    ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                    ('reopen_until', models.DateTimeField(blank=True, null=True, verbose_name='can be opened again until')),
                    ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due')),
                    ('turn_at', models.DateTimeField(verbose_name='last step')),
                    ('round', models.PositiveSmallIntegerField(default=1, verbose_name='round')),
                    ('tracking_key_hash', models.BinaryField(blank=True, max_length=33, null=True, verbose_name='tracking key')),
                    ('assigned_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assigned to')),
                    ('fiduciary', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.fiduciary', verbose_name='about whom')),
                ],
                options={
                    'verbose_name': 'grievance',
                    'verbose_name_plural': 'grievances',
                    'ordering': ('-received_at',),
                    'indexes': [models.Index(condition=models.Q(('state__in', ['received', 'with_us', 'with_you'])), fields=['due_at'], name='grievances_open_by_due'), models.Index(condition=models.Q(('state', 'answered')), fields=['answered_at'], name='grievances_answered')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state', 'closed'), models.Q(('closed_because', ''), _negated=True)), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', True), ('closed_because', '')), _connector='OR'), name='grievances_closed_has_reason_and_time')],
                },
            ),
            migrations.CreateModel(
                name='TicketContact',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[(grievances.states.ContactKind['EMAIL'], 'Email'), (grievances.states.ContactKind['PHONE'], 'Mobile')], max_length=8, verbose_name='kind')),
                    ('address_sealed', models.BinaryField(verbose_name='address')),
                    ('address_key', models.BinaryField(db_index=True, max_length=33, verbose_name='lookup hash')),
                    ('verified_at', models.DateTimeField(blank=True, null=True, verbose_name='verified')),
                    ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='grievances.ticket', verbose_name='grievance')),
                ],
                options={
                    'verbose_name': 'address of a grievance',
                    'verbose_name_plural': 'addresses of grievances',
                    'constraints': [models.UniqueConstraint(fields=('ticket', 'kind'), name='grievances_one_address_per_kind')],
                },
            ),
            migrations.CreateModel(
                name='TicketDraft',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('secret_hash', models.BinaryField(max_length=33, unique=True, verbose_name='secret')),
                    ('subject_ref', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='subject')),
                    ('answers_sealed', models.BinaryField(verbose_name='answers')),
                    ('created_at', models.DateTimeField(verbose_name='created')),
                    ('expires_at', models.DateTimeField(db_index=True, verbose_name='kept until')),
                    ('tracking_key', portal.core.fields.EncryptedTextField(blank=True, editable=True, null=True, purpose='grievances.draft.tracking_key', verbose_name='tracking key')),
                    ('ticket', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='draft', to='grievances.ticket', verbose_name='grievance')),
                ],
                options={
                    'verbose_name': 'draft of a grievance',
                    'verbose_name_plural': 'drafts of grievances',
                },
            ),
            migrations.CreateModel(
                name='DraftFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name_sealed', models.BinaryField(verbose_name='name')),
                    ('media_type', models.CharField(max_length=40, verbose_name='type')),
                    ('size', models.PositiveIntegerField(verbose_name='bytes')),
                    ('added_at', models.DateTimeField(verbose_name='added')),
                    ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.storedfile', verbose_name='file')),
                    ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='grievances.ticketdraft', verbose_name='draft')),
                ],
                options={
                    'verbose_name': 'file of a draft',
                    'verbose_name_plural': 'files of drafts',
                    'ordering': ('added_at', 'pk'),
                },
            ),
            migrations.CreateModel(
                name='TicketEntry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[(grievances.states.EntryKind['FILED'], 'Grievance sent'), (grievances.states.EntryKind['ACKNOWLEDGED'], 'We confirmed that we have it'), (grievances.states.EntryKind['MESSAGE'], 'Message from the person'), (grievances.states.EntryKind['REPLY'], 'Message from us'), (grievances.states.EntryKind['QUESTION'], 'Question from us'), (grievances.states.EntryKind['NOTE'], 'Internal note'), (grievances.states.EntryKind['PROPOSAL'], 'Our answer'), (grievances.states.EntryKind['CORRECTION'], 'Our answer, corrected'), (grievances.states.EntryKind['ACCEPTED'], 'The person said: this settles it'), (grievances.states.EntryKind['DECLINED'], 'The person said: this does not settle it'), (grievances.states.EntryKind['REMINDED'], 'The person reminded us'), (grievances.states.EntryKind['NOTICE'], 'We asked again if our answer settles it'), (grievances.states.EntryKind['LATE'], 'We missed the date'), (grievances.states.EntryKind['CLOSED'], 'Closed'), (grievances.states.EntryKind['REOPENED'], 'Opened again')], max_length=16, verbose_name='kind')),
                    ('author', models.CharField(choices=[(grievances.states.Author['PERSON'], 'The person'), (grievances.states.Author['STAFF'], 'Onesetu'), (grievances.states.Author['PORTAL'], 'This portal')], max_length=8, verbose_name='author')),
                    ('visibility', models.CharField(choices=[(grievances.states.Visibility['PUBLIC'], 'The person can read this'), (grievances.states.Visibility['INTERNAL'], 'Internal: the person cannot read this')], max_length=8, verbose_name='who may read it')),
                    ('at', models.DateTimeField(verbose_name='at')),
                    ('round', models.PositiveSmallIntegerField(default=1, verbose_name='round')),
                    ('once_key', models.UUIDField(blank=True, editable=False, null=True, unique=True, verbose_name='once key')),
                    ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='grievances.ticket', verbose_name='grievance')),
                    ('written_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by')),
                ],
                options={
                    'verbose_name': 'line of a grievance',
                    'verbose_name_plural': 'lines of grievances',
                    'ordering': ('at', 'pk'),
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'note'), _negated=True), ('visibility', 'internal'), _connector='OR'), name='grievances_notes_are_internal')],
                },
            ),
            migrations.CreateModel(
                name='Resolution',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('proposed_at', models.DateTimeField(verbose_name='proposed')),
                    ('answer', models.CharField(choices=[(grievances.states.Answer['WAITING'], 'Waiting for the person'), (grievances.states.Answer['ACCEPTED'], 'Accepted'), (grievances.states.Answer['DECLINED'], 'Not accepted'), (grievances.states.Answer['SILENT'], 'No answer'), (grievances.states.Answer['WITHDRAWN'], 'Withdrawn without an answer'), (grievances.states.Answer['CORRECTED'], 'Corrected before an answer')], default=grievances.states.Answer['WAITING'], max_length=10, verbose_name='answer')),
                    ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                    ('notices', models.PositiveSmallIntegerField(default=0, verbose_name='notices sent')),
                    ('last_notice_at', models.DateTimeField(blank=True, null=True, verbose_name='last notice')),
                    ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                    ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resolutions', to='grievances.ticket', verbose_name='grievance')),
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='resolution', to='grievances.ticketentry', verbose_name='line')),
                ],
                options={
                    'verbose_name': 'proposed resolution',
                    'verbose_name_plural': 'proposed resolutions',
                    'ordering': ('proposed_at', 'pk'),
                    'constraints': [models.UniqueConstraint(condition=models.Q(('answer', 'waiting')), fields=('ticket',), name='grievances_one_waiting_resolution')],
                },
            ),
            migrations.CreateModel(
                name='EntryText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sealed', models.BinaryField(verbose_name='text')),
                    ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='text', to='grievances.ticketentry', verbose_name='line')),
                ],
                options={
                    'verbose_name': 'text of a line',
                    'verbose_name_plural': 'texts of lines',
                },
            ),
            migrations.CreateModel(
                name='Attachment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name_sealed', models.BinaryField(verbose_name='name')),
                    ('media_type', models.CharField(max_length=40, verbose_name='type')),
                    ('size', models.PositiveIntegerField(verbose_name='bytes')),
                    ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.storedfile', verbose_name='file')),
                    ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='grievances.ticketentry', verbose_name='line')),
                ],
                options={
                    'verbose_name': 'file of a grievance',
                    'verbose_name_plural': 'files of grievances',
                },
            ),
            migrations.CreateModel(
                name='TrackingCode',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('secret_hash', models.BinaryField(max_length=33, unique=True, verbose_name='secret')),
                    ('reference', models.CharField(max_length=20, verbose_name='reference')),
                    ('address_kind', models.CharField(max_length=8, verbose_name='kind of address')),
                    ('address_keys', models.BinaryField(verbose_name='lookup hashes')),
                    ('code_hash', models.BinaryField(blank=True, max_length=33, null=True, verbose_name='code')),
                    ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                    ('asked_at', models.DateTimeField(verbose_name='asked')),
                    ('expires_at', models.DateTimeField(db_index=True, verbose_name='expires')),
                    ('looked_up_at', models.DateTimeField(blank=True, null=True, verbose_name='looked up')),
                    ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used')),
                    ('view_until', models.DateTimeField(blank=True, null=True, verbose_name='view open until')),
                    ('ticket', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='grievances.ticket', verbose_name='grievance')),
                ],
                options={
                    'verbose_name': 'tracking code',
                    'verbose_name_plural': 'tracking codes',
                    'indexes': [models.Index(condition=models.Q(('looked_up_at', None)), fields=['asked_at'], name='grievances_codes_waiting')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('view_until__isnull', True), models.Q(('ticket__isnull', False), ('used_at__isnull', False)), _connector='OR'), name='grievances_view_needs_a_used_code')],
                },
            ),
        ),
    ]
