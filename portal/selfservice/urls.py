"""Customers' pages under ``/privacy/``."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from portal.selfservice.views import consents, grievances, kyc, messages, pages, policies, preferences, receipts, track

app_name = "privacy"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("portal.signin.customer_urls")),
    path("", pages.home, name="home"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("consents/", consents.listing, name="consents"),
    path("consents/download.csv", consents.as_csv, name="consents-csv"),
    path("consents/download.pdf", consents.as_pdf, name="consents-pdf"),
    path("consents/<str:reference>/", consents.receipt, name="consent-receipt"),
    path("consents/<str:reference>/<int:number>/receipt.tlog-proof", consents.proof, name="consent-proof"),
    path("consents/<str:reference>/<int:number>/withdraw/", consents.withdraw, name="consent-withdraw"),
    path("cookies/", pages.cookies, name="cookies"),
    path("grievances/", track.mine, name="grievances"),
    path("grievances/new/", grievances.start, name="grievance-start"),
    path("grievances/new/files/", grievances.files, name="grievance-files"),
    path("grievances/new/check/", grievances.check, name="grievance-check"),
    path("grievances/new/<slug:page>/", grievances.question, name="grievance-question"),
    path("grievances/<str:reference>/sent/", grievances.sent, name="grievance-sent"),
    path("grievances/<str:reference>/receipt/", grievances.receipt, name="grievance-receipt"),
    path("kyc/", kyc.tasks, name="kyc"),
    path("kyc/documents/<str:reference>/", kyc.status, name="kyc-document"),
    path("kyc/documents/<str:reference>/check/", kyc.check, name="kyc-check"),
    path("kyc/documents/<str:reference>/pages/<int:number>.png", kyc.page, name="kyc-page"),
    path("kyc/<str:customer>/<slug:kind>/", kyc.upload, name="kyc-upload"),
    path("language/", set_language, name="language"),
    path("messages/", messages.inbox, name="messages"),
    path("messages/<str:reference>/", messages.one, name="message"),
    path("policies/", policies.current, name="policies"),
    path("policies/<int:number>/", policies.version, name="policy"),
    path("policies/<int:number>/changes/", policies.changes, name="policy-changes"),
    path("policies/<int:number>/read/", policies.acknowledge, name="policy-read"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/stop/", preferences.stop, name="stop-messages"),
    path("preferences/undo/", preferences.undo, name="undo-stop"),
    path("receipts/verify/", receipts.verify, name="verify-receipt"),
    path("sitemap/", pages.sitemap, name="sitemap"),
    path("track/", track.track, name="track"),
    path("track/code/", track.code, name="track-code"),
    path("track/leave/", track.leave, name="track-leave"),
    path("track/<str:reference>/", track.ticket, name="track-ticket"),
    path("track/<str:reference>/files/<int:number>/", track.attachment, name="track-file"),
    path("track/<str:reference>/message/", track.message, name="track-message"),
    path("track/<str:reference>/remind/", track.remind, name="track-remind"),
    path("track/<str:reference>/reopen/", track.reopen, name="track-reopen"),
    path("track/<str:reference>/settle/", track.settle, name="track-settle"),
    path("track/<str:reference>/withdraw/", track.withdraw, name="track-withdraw"),
]
