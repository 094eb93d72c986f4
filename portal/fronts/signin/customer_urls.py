"""Sign-in and account pages of customers; included into the ``privacy`` pages, so their names start with ``privacy:``."""

from django.urls import URLPattern, URLResolver, path

from portal.fronts.signin.views import account, address_changes, customers, push

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", customers.sign_in, name="sign-in"),
    path("sign-in/code/", customers.sign_in_code, name="sign-in-code"),
    path("sign-out/", customers.sign_out, name="sign-out"),
    path("invitation/<str:token>/", customers.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/change/<str:token>/", address_changes.cancel, name="cancel-change"),
    path("account/email/", address_changes.new_email, name="new-email"),
    path("account/email/code/", address_changes.code, {"kind": "email"}, name="new-email-code"),
    path("account/phone/", address_changes.add_phone, name="add-phone"),
    path("account/phone/code/", address_changes.code, {"kind": "phone"}, name="phone-code"),
    path("account/<slug:kind>/proof/", address_changes.proof, name="change-proof"),
    path("account/<slug:kind>/discard/", address_changes.discard, name="discard-change"),
    path("account/residence/", account.residence, name="residence"),
    path("account/contact/<int:pk>/remove/", account.remove_contact, name="remove-contact"),
    path(
        "account/people/<str:reference>/invitations/<int:pk>/withdraw/",
        account.withdraw_invitation,
        name="withdraw-invitation",
    ),
    path("account/people/<str:reference>/", account.members, name="members"),
    path("account/people/<str:reference>/<int:pk>/", account.change_member, name="change-member"),
    path("push/", push.notices, name="push"),
    path("push-worker.js", push.worker, name="push-worker"),
    path("sessions/", account.open_sessions, name="sessions"),
]
