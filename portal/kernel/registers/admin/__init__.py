"""Loads the staff's pages of every capability."""

import portal.kernel.registers.entries.admin.company
import portal.kernel.registers.entries.admin.consent_managers
import portal.kernel.registers.entries.admin.register_entries
import portal.kernel.registers.incidents.admin.incident_notifications
import portal.kernel.registers.incidents.admin.incidents
import portal.kernel.registers.orders.admin
import portal.kernel.registers.recipients.admin.disclosures
import portal.kernel.registers.recipients.admin.recipients
import portal.kernel.registers.senders.admin.message_templates
import portal.kernel.registers.senders.admin.senders
