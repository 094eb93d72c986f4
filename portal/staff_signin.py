"""Settings of the sign-in of staff, and of what the sign-in library is told; ``portal.settings`` takes them in.

Staff: password and a second factor, or a passkey. Customers: six digits by email (``portal.kernel.people.services.codes``).
"""

from portal.instance_keys import SettingsEnv

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
ACCOUNT_ADAPTER = "portal.fronts.signin.adapters.AccountAdapter"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {
    "change_password": "portal.fronts.signin.forms.PasswordChangeForm",
    "login": "portal.fronts.signin.forms.StaffLoginForm",
    "reauthenticate": "portal.fronts.signin.forms.PasswordAgainForm",
    "reset_password": "portal.fronts.signin.forms.ResetForm",
    "reset_password_from_key": "portal.fronts.signin.forms.NewPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
MFA_FORMS = {
    "activate_totp": "portal.fronts.signin.forms.FirstFactorForm",
    "add_webauthn": "portal.fronts.signin.passkeys.AddForm",
    "authenticate": "portal.fronts.signin.forms.FactorForm",
    "authenticate_webauthn": "portal.fronts.signin.passkeys.FactorForm",
    "edit_webauthn": "portal.fronts.signin.passkeys.NameForm",
    "login_webauthn": "portal.fronts.signin.passkeys.SignInForm",
    "reauthenticate": "portal.fronts.signin.forms.FactorAgainForm",
    "reauthenticate_webauthn": "portal.fronts.signin.passkeys.FactorAgainForm",
}
MFA_ADAPTER = "portal.fronts.signin.adapters.MfaAdapter"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
#: A passkey is both factors: what one has, and the PIN, face or finger by which the device lets one use it.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = "Onesetu"
MFA_TOTP_TOLERANCE = 1

#: Company sign-in (portal/docs/operators.md), off until it is set: one provider by OIDC, one by SAML.
_env = SettingsEnv()
SIGNIN_OIDC_ISSUER = _env.str("SIGNIN_OIDC_ISSUER", default="")
SIGNIN_OIDC_CLIENT_ID = _env.str("SIGNIN_OIDC_CLIENT_ID", default="")
SIGNIN_OIDC_CLIENT_SECRET = _env.str("SIGNIN_OIDC_CLIENT_SECRET", default="")
SIGNIN_OIDC_NAME = _env.str("SIGNIN_OIDC_NAME", default="OIDC")  # as the sign-in page names the provider
SIGNIN_SAML_METADATA = _env.str("SIGNIN_SAML_METADATA", default="")  # https address, or path of a file
SIGNIN_SAML_ENTITY_ID = _env.str("SIGNIN_SAML_ENTITY_ID", default="")  # which of several that the metadata describes
SIGNIN_SAML_CERTIFICATE = _env.str(
    "SIGNIN_SAML_CERTIFICATE", default=""
)  # the only one that counts, whatever the metadata says
#: The attribute that names a person for good, where the NameID of the provider is not persistent.
SIGNIN_SAML_SUBJECT = _env.str("SIGNIN_SAML_SUBJECT", default="")
SIGNIN_SAML_NAME = _env.str("SIGNIN_SAML_NAME", default="SAML")
#: Domains of email addresses with which a company login may first meet a staff login. None: no new one does.
SIGNIN_COMPANY_DOMAINS = _env.list("SIGNIN_COMPANY_DOMAINS", default=[])
#: Values of acr, amr or AuthnContextClassRef by which the provider's own second factor counts. None: ours is always asked.
SIGNIN_COMPANY_FACTORS = _env.list("SIGNIN_COMPANY_FACTORS", default=[])
#: Bearer tokens of the directory that deactivates staff logins (SCIM 2.0), newest first. None: it is off.
SCIM_TOKENS = _env.list("SCIM_TOKENS", default=[])

SOCIALACCOUNT_ADAPTER = "portal.fronts.signin.company.CompanyAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
