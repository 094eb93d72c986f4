"""Loads the staff's pages of every capability."""

import consent.admin.suppressions
import consent.broadcasts.admin
import consent.collection.admin.consent_events
import consent.collection.admin.cookies
import consent.collection.admin.inbound_replies
import consent.collection.admin.offline_consents
import consent.consent_imports.admin
import consent.decisions.admin.contact_decisions
import consent.decisions.admin.post_opt_out_sends
import consent.notices.admin.notices
import consent.notices.admin.notifications
import consent.notices.admin.policy_notifications
import consent.notices.admin.publication
import consent.notices.admin.translations
import consent.preferences.admin
