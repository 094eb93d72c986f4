import django.db.models.deletion
import portal.kernel.core.fields
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
                name='Message',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.CharField(editable=False, max_length=20, unique=True)),
                    ('kind', models.CharField(help_text='Which event it reports, and so which template.', max_length=64)),
                    ('subject_ref', models.UUIDField(help_text='The subject it is for: an opaque reference.')),
                    ('fiduciary', models.CharField(max_length=32)),
                    ('channel', models.CharField(choices=[('sms', 'SMS'), ('whatsapp', 'WhatsApp'), ('rcs', 'RCS'), ('email', 'E-mail'), ('voice', 'Voice call'), ('push', 'Push notice'), ('dashboard', 'Dashboard'), ('none', 'No message'), ('webhook', 'Webhook')], max_length=16)),
                    ('language', models.CharField(help_text='The language asked for.', max_length=16)),
                    ('purpose', models.CharField(max_length=64)),
                    ('category', models.CharField(choices=[('promotional', 'Promotional'), ('service', 'Service'), ('transactional', 'Transactional'), ('policy_and_security', 'Policy and security')], max_length=24)),
                    ('category_is_disputed', models.BooleanField(default=False, help_text='The template named another category than the purpose; the strictest counts.')),
                    ('about', models.CharField(help_text='What it is about: a label and a reference, never a name.', max_length=80)),
                    ('template_sha256', models.CharField(max_length=64)),
                    ('template_language', models.CharField(max_length=16)),
                    ('state', models.CharField(choices=[('due', 'Waiting to be sent'), ('sending', 'Being sent'), ('sent', 'Sent'), ('unknown', 'Outcome unknown'), ('stopped', 'Stopped: the person may not be contacted'), ('dead', 'Failed: needs a decision'), ('closed', 'Closed without sending'), ('delivered', 'Delivered'), ('read', 'Read'), ('undelivered', 'Sent, but not delivered')], default='due', max_length=16)),
                    ('reason', models.CharField(blank=True, help_text='The code of the last thing that went wrong.', max_length=40)),
                    ('unknown_outcomes', models.PositiveSmallIntegerField(default=0)),
                    ('message_id', models.CharField(help_text='Message-ID of an email; never changes.', max_length=120, unique=True)),
                    ('idempotency_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('attempts_allowed', models.PositiveSmallIntegerField()),
                    ('next_attempt_at', models.DateTimeField(help_text='Empty: nothing more is planned.', null=True)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('lease_token', models.UUIDField(null=True)),
                    ('created_at', models.DateTimeField()),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('seen_at', models.DateTimeField(help_text='When the person first opened it in the dashboard.', null=True)),
                    ('only_here', models.BooleanField(default=False, help_text='It proves the address or was asked for there: no other channel may carry it.')),
                    ('after', models.OneToOneField(help_text='The message that has to leave before this one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='outbox.message')),
                    ('instead_of', models.OneToOneField(help_text='The message that it replaces.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moved_to', to='outbox.message')),
                ],
                options={
                    'verbose_name': 'message',
                    'verbose_name_plural': 'messages',
                    'ordering': ('-id',),
                    'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='outbox_message_due'), models.Index(condition=models.Q(('leased_until__isnull', False)), fields=['leased_until'], name='outbox_message_leased'), models.Index(fields=['subject_ref', 'channel', 'state'], name='outbox_message_of_subject'), models.Index(condition=models.Q(('sent_at__isnull', False)), fields=['sent_at'], name='outbox_message_sent')],
                    'constraints': [models.UniqueConstraint(fields=('kind', 'subject_ref', 'channel', 'about'), name='outbox_message_is_posted_once'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('sent', 'delivered', 'read', 'undelivered')), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='outbox_message_sent_has_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('lease_token', None), ('leased_until', None)), models.Q(('lease_token__isnull', False), ('leased_until__isnull', False)), _connector='OR'), name='outbox_message_lease_has_a_token')],
                },
            ),
            migrations.CreateModel(
                name='PushSubscription',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_ref', models.UUIDField(db_index=True)),
                    ('endpoint', portal.kernel.core.fields.EncryptedTextField(editable=True, purpose='outbox.push_subscription.endpoint')),
                    ('endpoint_key', models.BinaryField(max_length=33, unique=True)),
                    ('p256dh', portal.kernel.core.fields.EncryptedTextField(editable=True, purpose='outbox.push_subscription.p256dh')),
                    ('auth', portal.kernel.core.fields.EncryptedTextField(editable=True, purpose='outbox.push_subscription.auth')),
                    ('browser', models.CharField(max_length=80)),
                    ('made_at', models.DateTimeField()),
                    ('used_at', models.DateTimeField(help_text='When a notice was last taken for it.')),
                ],
                options={
                    'verbose_name': 'browser that shows notices',
                    'verbose_name_plural': 'browsers that show notices',
                },
            ),
            migrations.CreateModel(
                name='ReceivedWebhook',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('webhook_id', models.CharField(max_length=128, unique=True)),
                    ('received_at', models.DateTimeField(db_index=True)),
                ],
                options={
                    'verbose_name': 'message of another machine',
                    'verbose_name_plural': 'messages of other machines',
                },
            ),
            migrations.CreateModel(
                name='DeliveryAddress',
                fields=[
                    ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='destination', serialize=False, to='outbox.message')),
                    ('sealed', models.BinaryField()),
                    ('address_key', models.BinaryField(db_index=True, max_length=33)),
                    ('masked', models.CharField(max_length=80)),
                    ('created_at', models.DateTimeField()),
                ],
                options={
                    'verbose_name': 'delivery address',
                    'verbose_name_plural': 'delivery addresses',
                },
            ),
            migrations.CreateModel(
                name='MessageBody',
                fields=[
                    ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='text', serialize=False, to='outbox.message')),
                    ('sealed', models.BinaryField(help_text='Subject line and body, sealed.')),
                    ('created_at', models.DateTimeField()),
                ],
                options={
                    'verbose_name': 'message text',
                    'verbose_name_plural': 'message texts',
                },
            ),
            migrations.CreateModel(
                name='Delivery',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('attempt', models.PositiveSmallIntegerField()),
                    ('outcome', models.CharField(choices=[('started', 'Handed to the channel'), ('accepted', 'Accepted by the channel'), ('put_off', 'Refused for now: will be tried again'), ('refused', 'Refused for good'), ('unknown', 'Outcome unknown'), ('stopped', 'Not sent: the person may not be contacted'), ('postponed', 'Not sent yet: outside the hours in which it may be sent'), ('moved', 'Goes by another channel'), ('delivered', 'Delivered'), ('read', 'Read'), ('undelivered', 'Not delivered'), ('bounced', 'Not delivered: address not found'), ('complained', 'The recipient complained')], max_length=16)),
                    ('code', models.CharField(blank=True, help_text='A short code, never a text of the receiving party.', max_length=40)),
                    ('provider_reference', models.CharField(blank=True, max_length=80)),
                    ('happened_at', models.DateTimeField()),
                    ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='outbox.message')),
                ],
                options={
                    'verbose_name': 'delivery attempt',
                    'verbose_name_plural': 'delivery attempts',
                    'ordering': ('id',),
                    'constraints': [models.UniqueConstraint(fields=('message', 'attempt', 'outcome'), name='outbox_delivery_fact_is_stated_once')],
                },
            ),
            migrations.CreateModel(
                name='AddressFault',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_ref', models.UUIDField(db_index=True, verbose_name='subject')),
                    ('address_key', models.BinaryField(max_length=33, verbose_name='lookup hash of the address')),
                    ('channel', models.CharField(choices=[('sms', 'SMS'), ('whatsapp', 'WhatsApp'), ('rcs', 'RCS'), ('email', 'E-mail'), ('voice', 'Voice call'), ('push', 'Push notice'), ('dashboard', 'Dashboard'), ('none', 'No message')], max_length=16, verbose_name='channel')),
                    ('reason', models.CharField(choices=[('bounced', 'Address not found'), ('complained', 'The recipient complained')], max_length=12, verbose_name='reason')),
                    ('code', models.CharField(blank=True, max_length=40, verbose_name='code')),
                    ('noted_at', models.DateTimeField(verbose_name='noted')),
                    ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.message', verbose_name='message')),
                ],
                options={
                    'verbose_name': 'address that does not work',
                    'verbose_name_plural': 'addresses that do not work',
                    'ordering': ('-noted_at', '-id'),
                    'constraints': [models.UniqueConstraint(fields=('address_key', 'channel', 'reason', 'message'), name='outbox_fault_is_noted_once')],
                },
            ),
            migrations.CreateModel(
                name='TemplateVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=64)),
                    ('language', models.CharField(max_length=16)),
                    ('sha256', models.CharField(max_length=64)),
                    ('source', models.TextField(help_text="The file itself, with its place-holders and without personal data.")),
                    ('first_used_at', models.DateTimeField()),
                ],
                options={
                    'verbose_name': 'message template version',
                    'verbose_name_plural': 'message template versions',
                    'ordering': ('kind', 'language', '-first_used_at'),
                    'constraints': [models.UniqueConstraint(fields=('kind', 'language', 'sha256'), name='outbox_template_version_is_kept_once')],
                },
            ),
        ),
    ]
