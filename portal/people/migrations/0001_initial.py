import django.db.models.deletion
import django.db.models.functions.text
import portal.core.clock
import portal.core.fields
import uuid
from django.conf import settings
from django.db import migrations, models
from portal.core.tables import CreateTogether


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        CreateTogether(
            migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                    ('full_name', models.CharField(blank=True, max_length=200, verbose_name='full name')),
                    ('is_staff', models.BooleanField(default=False, verbose_name='staff')),
                    ('is_active', models.BooleanField(default=True, verbose_name='active')),
                    ('language', models.CharField(default='en', max_length=12, verbose_name='language')),
                    ('created_at', models.DateTimeField(default=portal.core.clock.now, verbose_name='created')),
                    ('deactivated_at', models.DateTimeField(blank=True, null=True, verbose_name='deactivated')),
                    ('principal', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='user', to='people.principal', verbose_name='person')),
                    ('subject', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='user', to='people.subject', verbose_name='subject')),
                ],
                options={
                    'verbose_name': 'login',
                    'verbose_name_plural': 'logins',
                    'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='people_email_once', violation_error_message='Another login uses this e-mail address.'), models.CheckConstraint(condition=models.Q(('is_staff', False), ('principal', None), _connector='OR'), name='people_staff_or_customer', violation_error_message="A staff login cannot be a customer's login.")],
                },
            ),
            migrations.CreateModel(
                name='Customer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reference', models.CharField(max_length=20, unique=True, verbose_name='reference')),
                    ('kind', models.CharField(choices=[('individual', 'Individual'), ('organisation', 'Organisation')], max_length=14, verbose_name='kind')),
                    ('name', portal.core.fields.EncryptedTextField(editable=True, purpose='people.customer.name', verbose_name='name')),
                    ('state', models.CharField(choices=[('active', 'Active'), ('closed', 'Closed')], default='active', max_length=8, verbose_name='state')),
                    ('created_at', models.DateTimeField(verbose_name='created')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                    ('subject', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='customer', to='people.subject', verbose_name='subject')),
                ],
                options={
                    'verbose_name': 'customer',
                    'verbose_name_plural': 'customers',
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'active')), models.Q(('closed_at__isnull', False), ('state', 'closed')), _connector='OR'), name='people_closed_customer_has_a_day')],
                },
            ),
            migrations.CreateModel(
                name='OneTimeCode',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('purpose', models.CharField(choices=[('sign_in', 'Sign in'), ('contact', 'Confirm an address'), ('track', 'Follow a grievance or request'), ('reset', 'Set a new password'), ('stop', 'Stop messages')], max_length=8, verbose_name='purpose')),
                    ('kind', models.CharField(choices=[('email', 'Email'), ('phone', 'Phone')], max_length=8, verbose_name='kind of address')),
                    ('address', portal.core.fields.EncryptedTextField(editable=True, purpose='people.one_time_code.address', verbose_name='address')),
                    ('address_key', models.BinaryField(db_index=True, max_length=33, verbose_name='lookup hash')),
                    ('about', models.CharField(blank=True, max_length=80, verbose_name='about')),
                    ('browser', models.CharField(blank=True, max_length=64, verbose_name='browser the code was asked from')),
                    ('nonce', models.BinaryField(max_length=16)),
                    ('made_at', models.DateTimeField(db_index=True, verbose_name='made')),
                    ('expires_at', models.DateTimeField(verbose_name='good until')),
                    ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='wrong tries')),
                    ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used')),
                    ('from_known_device', models.BooleanField(default=False, verbose_name='asked from a known device')),
                    ('forgiven_at', models.DateTimeField(blank=True, null=True, verbose_name='no longer counted')),
                ],
                options={
                    'verbose_name': 'one-time code',
                    'verbose_name_plural': 'one-time codes',
                },
            ),
            migrations.CreateModel(
                name='Principal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('full_name', portal.core.fields.EncryptedTextField(blank=True, editable=True, purpose='people.principal.full_name', verbose_name='full name')),
                    ('language', models.CharField(default='en', max_length=12, verbose_name='language')),
                    ('zone', models.CharField(default='Asia/Kolkata', max_length=40, verbose_name='time zone')),
                    ('created_at', models.DateTimeField(verbose_name='created')),
                    ('subject', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='principal', to='people.subject', verbose_name='subject')),
                ],
                options={
                    'verbose_name': 'person',
                    'verbose_name_plural': 'persons',
                },
            ),
            migrations.CreateModel(
                name='Role',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                    ('label', models.CharField(max_length=80, verbose_name='name')),
                    ('needs_end', models.BooleanField(default=False, verbose_name='must have an end date')),
                    ('only_reads', models.BooleanField(default=False, verbose_name='only reads and exports')),
                ],
                options={
                    'verbose_name': 'role',
                    'verbose_name_plural': 'roles',
                    'ordering': ('label',),
                },
            ),
            migrations.CreateModel(
                name='Subject',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('ref', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='reference')),
                    ('kind', models.CharField(choices=[('principal', 'Person'), ('customer', 'Customer'), ('stranger', 'Person without an account'), ('staff', 'Staff member')], max_length=12, verbose_name='kind')),
                    ('created_at', models.DateTimeField(verbose_name='created')),
                    ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='erased')),
                ],
                options={
                    'verbose_name': 'subject',
                    'verbose_name_plural': 'subjects',
                },
            ),
            migrations.CreateModel(
                name='WrongCode',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('address', portal.core.fields.EncryptedTextField(editable=True, purpose='people.wrong_code.address', verbose_name='address')),
                    ('address_key', models.BinaryField(db_index=True, max_length=33, verbose_name='lookup hash')),
                    ('network', portal.core.fields.EncryptedTextField(blank=True, editable=True, purpose='people.wrong_code.network', verbose_name='network address')),
                    ('browser', models.CharField(blank=True, max_length=120, verbose_name='browser')),
                    ('token', portal.core.fields.EncryptedTextField(blank=True, editable=True, purpose='people.wrong_code.token', verbose_name='token of the browser')),
                    ('typed_at', models.DateTimeField(db_index=True, verbose_name='typed')),
                ],
                options={
                    'verbose_name': 'wrong code',
                    'verbose_name_plural': 'wrong codes',
                },
            ),
            migrations.CreateModel(
                name='Device',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('token_sha256', models.CharField(editable=False, max_length=64)),
                    ('label', models.CharField(max_length=120, verbose_name='browser')),
                    ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                    ('last_seen_at', models.DateTimeField(verbose_name='last seen')),
                    ('forgotten_at', models.DateTimeField(blank=True, null=True, verbose_name='forgotten')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL, verbose_name='login')),
                ],
                options={
                    'verbose_name': 'known device',
                    'verbose_name_plural': 'known devices',
                    'constraints': [models.UniqueConstraint(fields=('user', 'token_sha256'), name='people_device_once_a_login')],
                },
            ),
            migrations.CreateModel(
                name='Fiduciary',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                    ('name', models.CharField(max_length=200, verbose_name='name')),
                    ('is_self', models.BooleanField(default=False, verbose_name='is Onesetu itself')),
                    ('created_at', models.DateTimeField(verbose_name='created')),
                ],
                options={
                    'verbose_name': 'fiduciary',
                    'verbose_name_plural': 'fiduciaries',
                    'ordering': ('code',),
                    'constraints': [models.UniqueConstraint(condition=models.Q(('is_self', True)), fields=('is_self',), name='people_one_own_fiduciary')],
                },
            ),
            migrations.CreateModel(
                name='ApiKey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                    ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                    ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                    ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                    ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                    ('reason', models.TextField(blank=True, max_length=2000, verbose_name='reason of the answer')),
                    ('label', models.CharField(max_length=80, verbose_name='which system uses it')),
                    ('scopes', models.JSONField(default=list, verbose_name='what it may do')),
                    ('expires_at', models.DateTimeField(verbose_name='valid until')),
                    ('prefix', models.CharField(blank=True, editable=False, max_length=16, verbose_name='begins with')),
                    ('key_sha256', models.BinaryField(max_length=32, null=True, verbose_name='SHA-256 of the key')),
                    ('issued_at', models.DateTimeField(editable=False, null=True, verbose_name='made')),
                    ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                    ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                    ('ended_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by')),
                    ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                    ('fiduciary', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='people.fiduciary', verbose_name='for')),
                ],
                options={
                    'verbose_name': 'API key',
                    'verbose_name_plural': 'API keys',
                    'ordering': ('-made_at', '-id'),
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='people_apikey_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='people_apikey_answered_by_someone'), models.UniqueConstraint(fields=('key_sha256',), name='people_one_row_per_api_key'), models.CheckConstraint(condition=models.Q(models.Q(('issued_at', None), ('key_sha256', None)), models.Q(('answer', 'approved'), ('issued_at__isnull', False), ('key_sha256__isnull', False)), _connector='OR'), name='people_api_key_made_after_yes')],
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('staff', 'Staff member'), ('customer', 'Customer'), ('member', 'Member of an organisation')], max_length=8, verbose_name='kind')),
                    ('address', portal.core.fields.EncryptedTextField(editable=True, purpose='people.invitation.address', verbose_name='email')),
                    ('address_key', models.BinaryField(db_index=True, max_length=33, verbose_name='lookup hash')),
                    ('role', models.CharField(blank=True, choices=[('owner', 'Owner'), ('member', 'Member')], max_length=8, verbose_name='role')),
                    ('language', models.CharField(default='en', max_length=12, verbose_name='language')),
                    ('subject_ref', models.UUIDField(verbose_name='subject')),
                    ('invited_at', models.DateTimeField(verbose_name='invited')),
                    ('expires_at', models.DateTimeField(verbose_name='open until')),
                    ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                    ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted')),
                    ('cancelled_at', models.DateTimeField(blank=True, null=True, verbose_name='cancelled')),
                    ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='people.customer', verbose_name='customer')),
                    ('invited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='invited by')),
                    ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to=settings.AUTH_USER_MODEL, verbose_name='login')),
                ],
                options={
                    'verbose_name': 'invitation',
                    'verbose_name_plural': 'invitations',
                    'indexes': [models.Index(condition=models.Q(('accepted_at', None), ('cancelled_at', None), ('sent_at', None)), fields=['invited_at'], name='people_invitation_unsent')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('customer', None), ('kind', 'staff'), ('user__isnull', False)), models.Q(models.Q(('kind', 'staff'), _negated=True), ('customer__isnull', False)), _connector='OR'), name='people_invitation_fits_its_kind')],
                },
            ),
            migrations.CreateModel(
                name='MfaReset',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                    ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                    ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                    ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                    ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                    ('reason', models.TextField(blank=True, max_length=2000, verbose_name='reason of the answer')),
                    ('why', models.TextField(max_length=2000, verbose_name='why')),
                    ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                    ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mfa_resets', to=settings.AUTH_USER_MODEL, verbose_name='staff member')),
                ],
                options={
                    'verbose_name': 'reset of a second factor',
                    'verbose_name_plural': 'resets of second factors',
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='people_mfareset_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='people_mfareset_answered_by_someone'), models.UniqueConstraint(condition=models.Q(('answer', 'pending')), fields=('user',), name='people_one_open_mfa_reset')],
                },
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('owner', 'Owner'), ('member', 'Member')], max_length=8, verbose_name='role')),
                    ('joined_at', models.DateTimeField(verbose_name='joined')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                    ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='people.customer', verbose_name='customer')),
                    ('principal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='people.principal', verbose_name='person')),
                ],
                options={
                    'verbose_name': 'membership',
                    'verbose_name_plural': 'memberships',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('customer', 'principal'), name='people_one_live_membership')],
                },
            ),
            migrations.CreateModel(
                name='ContactPoint',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('email', 'Email'), ('phone', 'Phone')], max_length=8, verbose_name='kind')),
                    ('address', portal.core.fields.EncryptedTextField(editable=True, purpose='people.contact_point.address', verbose_name='address')),
                    ('address_key', models.BinaryField(db_index=True, max_length=33, verbose_name='lookup hash')),
                    ('added_at', models.DateTimeField(verbose_name='added')),
                    ('verified_at', models.DateTimeField(blank=True, null=True, verbose_name='verified')),
                    ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='given up')),
                    ('principal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_points', to='people.principal', verbose_name='person')),
                ],
                options={
                    'verbose_name': 'contact point',
                    'verbose_name_plural': 'contact points',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('left_at', None)), fields=('principal', 'address_key'), name='people_person_holds_an_address_once')],
                },
            ),
            migrations.CreateModel(
                name='Protection',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_ref', models.UUIDField(verbose_name='subject')),
                    ('kind', models.CharField(choices=[('child', 'Under 18'), ('guarded', 'Has a lawful guardian')], max_length=8, verbose_name='why')),
                    ('ground', models.CharField(choices=[('declared', 'The person said so'), ('reported', 'Somebody reported it'), ('document', 'A document shows it'), ('order', 'A court or authority appointed a guardian')], max_length=8, verbose_name='how we know')),
                    ('adult_on', models.DateField(blank=True, null=True, verbose_name='of age from')),
                    ('noted_at', models.DateTimeField(verbose_name='noted')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ],
                options={
                    'verbose_name': 'protected person',
                    'verbose_name_plural': 'protected persons',
                    'indexes': [models.Index(fields=['kind', 'subject_ref'], name='people_protection_kind')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('subject_ref', 'kind'), name='people_one_live_protection_of_a_kind')],
                },
            ),
            migrations.CreateModel(
                name='RegimeEvidence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('subject_ref', models.UUIDField(db_index=True, verbose_name='subject')),
                    ('regime', models.CharField(choices=[('IN', 'India'), ('EU', 'European Union'), ('US-CA', 'California')], max_length=8, verbose_name='law')),
                    ('ground', models.CharField(choices=[('declared', 'The person said so'), ('address', 'Postal address'), ('phone_code', 'Country code of the number'), ('document', 'Document'), ('network', 'Place of the network address')], max_length=12, verbose_name='ground')),
                    ('noted_at', models.DateTimeField(verbose_name='noted')),
                    ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ],
                options={
                    'verbose_name': 'evidence of the law that applies',
                    'verbose_name_plural': 'evidence of the law that applies',
                    'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('subject_ref', 'regime', 'ground'), name='people_one_live_row_per_regime_and_ground')],
                },
            ),
            migrations.CreateModel(
                name='FourEyesRule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(max_length=60, verbose_name='act')),
                    ('checker_role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.role', verbose_name='who may answer')),
                    ('maker_role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.role', verbose_name='who may propose')),
                ],
                options={
                    'verbose_name': 'two-person rule',
                    'verbose_name_plural': 'two-person rules',
                    'ordering': ('act', 'maker_role', 'checker_role'),
                    'constraints': [models.UniqueConstraint(fields=('act', 'maker_role', 'checker_role'), name='people_one_rule_per_act_and_roles')],
                },
            ),
            migrations.CreateModel(
                name='RoleGrant',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                    ('granted_at', models.DateTimeField(verbose_name='given')),
                    ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='people.role', verbose_name='role')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='role_grants', to=settings.AUTH_USER_MODEL, verbose_name='staff member')),
                ],
                options={
                    'verbose_name': 'held role',
                    'verbose_name_plural': 'held roles',
                    'ordering': ('user', 'role', '-starts_at'),
                    'indexes': [models.Index(fields=['user', 'ends_at'], name='people_grant_by_user')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_at', None), ('ends_at__gte', models.F('starts_at')), _connector='OR'), name='people_grant_ends_after_it_starts', violation_error_message='The end must lie after the start.')],
                },
            ),
            migrations.CreateModel(
                name='RolePermission',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.CharField(db_index=True, max_length=80, verbose_name='permission')),
                    ('role', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='permissions', to='people.role', verbose_name='role')),
                ],
                options={
                    'verbose_name': 'permission of a role',
                    'verbose_name_plural': 'permissions of roles',
                    'ordering': ('code',),
                    'constraints': [models.UniqueConstraint(fields=('role', 'code'), name='people_permission_once_a_role')],
                },
            ),
            migrations.CreateModel(
                name='RoleProposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('act', models.CharField(editable=False, max_length=60, verbose_name='act')),
                    ('made_at', models.DateTimeField(editable=False, verbose_name='proposed')),
                    ('checked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                    ('shown_sha256', models.CharField(editable=False, max_length=64, verbose_name='SHA-256 of what was shown')),
                    ('answer', models.CharField(choices=[('pending', 'Waiting for a second person'), ('approved', 'Approved'), ('refused', 'Refused')], default='pending', max_length=8, verbose_name='answer')),
                    ('reason', models.TextField(blank=True, max_length=2000, verbose_name='reason of the answer')),
                    ('change', models.CharField(choices=[('grant', 'Give the role'), ('change', 'Change its dates'), ('end', 'End the role')], max_length=8, verbose_name='change')),
                    ('starts_at', models.DateTimeField(blank=True, null=True, verbose_name='from')),
                    ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                    ('why', models.TextField(max_length=2000, verbose_name='why')),
                    ('checked_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                    ('grant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='people.rolegrant', verbose_name='held role')),
                    ('made_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                    ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.role', verbose_name='role')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='role_proposals', to=settings.AUTH_USER_MODEL, verbose_name='staff member')),
                ],
                options={
                    'verbose_name': 'proposed role',
                    'verbose_name_plural': 'proposed roles',
                    'abstract': False,
                    'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('made_by')), _negated=True), _connector='OR'), name='people_roleproposal_checker_is_not_maker', violation_error_message='The second person must be someone other than the first.'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'pending'), ('checked_at', None), ('checked_by', None)), models.Q(models.Q(('answer', 'pending'), _negated=True), ('checked_at__isnull', False), ('checked_by__isnull', False)), _connector='OR'), name='people_roleproposal_answered_by_someone'), models.UniqueConstraint(condition=models.Q(('answer', 'pending')), fields=('user', 'role'), name='people_one_open_proposal_a_role')],
                },
            ),
            migrations.CreateModel(
                name='SignIn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('outcome', models.CharField(choices=[('signed_in', 'Signed in'), ('wrong_password', 'Wrong password'), ('wrong_code', 'Wrong code'), ('locked', 'Refused: too many tries'), ('signed_out', 'Signed out'), ('forgiven', 'Unlocked by staff')], max_length=14, verbose_name='outcome')),
                    ('at', models.DateTimeField(verbose_name='when')),
                    ('address', models.GenericIPAddressField(blank=True, null=True, verbose_name='network address')),
                    ('browser', models.CharField(blank=True, max_length=120, verbose_name='browser')),
                    ('device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='people.device', verbose_name='device')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_ins', to=settings.AUTH_USER_MODEL, verbose_name='login')),
                ],
                options={
                    'verbose_name': 'sign-in',
                    'verbose_name_plural': 'sign-ins',
                    'ordering': ('-at',),
                    'indexes': [models.Index(fields=['user', '-at'], name='people_sign_in_by_user')],
                },
            ),
            migrations.CreateModel(
                name='SubjectAlias',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('old_ref', models.UUIDField(unique=True, verbose_name='earlier reference')),
                    ('new_ref', models.UUIDField(db_index=True, verbose_name='later reference')),
                    ('joined_at', models.DateTimeField(verbose_name='joined')),
                ],
                options={
                    'verbose_name': 'joined subject',
                    'verbose_name_plural': 'joined subjects',
                    'constraints': [models.CheckConstraint(condition=models.Q(('old_ref', models.F('new_ref')), _negated=True), name='people_alias_joins_two')],
                },
            ),
        ),
    ]
