"""Staff sign-in under ``/staff/``. The library's names stay, because it reverses them itself; its sign-up and e-mail
pages are not here.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.webauthn import views as passkeys
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic.base import RedirectView

from portal.fronts.signin.views import company, factors, staff

own: list[URLPattern | URLResolver] = [
    path("invitation/<str:token>/", staff.invitation, name="staff-invitation"),
    path("sessions/", staff.open_sessions, name="sessions"),
    path("second-factor/needed/", staff.second_factor, name="second-factor"),
    path("company/oidc/done/", company.oidc_done, name="company-oidc-done"),
    path("company/saml/answer/", company.saml_answer, name="saml-answer"),
    path("company/saml/done/", company.saml_done, name="saml-done"),
    path("company/saml/metadata/", company.saml_metadata, name="saml-metadata"),
    path("company/<int:number>/remove/", company.release, name="company-remove"),
    path("company/<slug:kind>/", company.start, name="company"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((own, "signin"))),
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", staff.sign_out, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", staff.change_password, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        staff.set_password,
        name="account_reset_password_from_key",
    ),
    path("password/reset/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("second-factor/", mfa.index, name="mfa_index"),
    path("second-factor/sign-in/", factors.authenticate, name="mfa_authenticate"),
    path("second-factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/set-up/", factors.set_up_app, name="mfa_activate_totp"),
    # The library sends here who has a factor already. Taking it away is for two colleagues, not for its owner.
    path("second-factor/kept/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_deactivate_totp"),
    path("passkeys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("passkeys/sign-in/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("passkeys/confirm/", factors.confirm_passkey, name="mfa_reauthenticate_webauthn"),
    path("passkeys/add/", factors.add_passkey, name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/", factors.rename_passkey, name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", factors.remove_passkey, name="mfa_remove_webauthn"),
    path("recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("recovery-codes/new/", factors.new_recovery_codes, name="mfa_generate_recovery_codes"),
]
