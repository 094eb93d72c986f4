"""Sign-in and account pages of customers; included into the ``privacy`` pages, so their names start with ``privacy:``."""

from django.urls import URLPattern, URLResolver, path

from portal.signin.views import account, customers, push

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", customers.sign_in, name="sign-in"),
    path("sign-in/code/", customers.sign_in_code, name="sign-in-code"),
    path("sign-out/", customers.sign_out, name="sign-out"),
    path("invitation/<str:token>/", customers.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/email/", account.new_email, name="new-email"),
    path("account/email/code/", account.new_email_code, name="new-email-code"),
    path("account/phone/", account.add_phone, name="add-phone"),
    path("account/phone/code/", account.phone_code, name="phone-code"),
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
