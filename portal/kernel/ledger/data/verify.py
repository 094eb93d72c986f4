# ruff: noqa: INP001 - a program of its own, shipped inside evidence packs
"""Check a receipt or an evidence pack, offline, with nothing but Python 3.9 or newer.

    python3 -I verify.py PACK.zip --vkey KEY [--receipt PACK.zip.tlog-proof]
    python3 -I verify.py RECEIPT.tlog-proof --vkey KEY [--witness KEY]

The operator of the portal keeps a log: a list of entries to which only new ones are added. Each entry has a place (0, 1, 2...)
and is fixed by the signed record of the log (the checkpoint). A pack has the entries of a period and registers made from the
same acts. The program checks that the entries are those of the signed log and are complete for the period, that the rows of
the registers say what the entries recorded, and that nothing was changed since the pack was made. A receipt (*.tlog-proof, or
its JSON form) is one entry with its proof.

KEY is the public key of the log (name+id+base64). Take it from the operator by another way than the file itself, and use a
copy of this program that you trust. The result begins with one of these words (in brackets the exit code):

    HOLDS (0)           everything that the lines name was checked and is so; they also name what was not compared
    REFUSED (1)         something is not so: the file and row, what is wrong, and what that means. Do not rely on the file
    NOT CHECKED, or a message about the key or the file (2)     nothing was checked
    SUPERSEDED (4)      a pack of an older form, sealed when a newer one was in use: what its form shows holds, but its maker
                        could choose this form to leave out what the newer one asks for. Ask for a pack of the newer form
    CONSISTENT, NOT AUTHENTICATED (3)     the file fits together, but without a key nobody's signature was checked

Formats: C2SP tlog-proof, signed-note, tlog-checkpoint; trees as in RFC 6962; signatures as in RFC 8032 (Ed25519).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import csv
import hashlib
import io
import json
import re
import struct
import sys
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

HOLDS, REFUSED, USAGE, NOT_AUTHENTICATED, SUPERSEDED = 0, 1, 2, 3, 4
HEADER, PACK_FORMAT, FILE_FORMAT = "c2sp.org/tlog-proof@v1", "onesetu-evidence-pack/5", "onesetu-person-file/1"
#: Packs of the form before this one are checked as well: they do not say of which act an erased entry was, and need not
#: hold the samples that were drawn in their period. The verdict names what follows from that.
FORMAT_BEFORE = "onesetu-evidence-pack/4"
OF_FORM_BEFORE = (
    "Made in the form of an earlier release: it may leave out samples, and does not say which act an erased entry was"
)
#: Since when releases make packs of this program's form. One of the form before that was sealed later was chosen, or made by
#: an operator who has not taken that release.
FORM_SINCE = "2026-12-01"
OLDER_FORMATS = {"onesetu-evidence-pack/1", "onesetu-evidence-pack/2", "onesetu-evidence-pack/3"}
DOCUMENT_FORMAT = "onesetu-receipt/1"
DOCUMENT, DOCUMENT_LEDGER = "format ledger proof receipt record status", "index leaf origin size vkey witnesses"
GIVE_PROOF = "Give the .tlog-proof file."
NOTHING = f"There is nothing in this file that can be proved as a whole. {GIVE_PROOF}"
TAG = b"consent-ledger/commitment/v1\n"
MANIFEST, MANIFEST_RECEIPT, CHECKPOINT = "manifest.json", "manifest.tlog-proof", "ledger/checkpoint.txt"
LEAVES, OTHERS, PROOF, SAMPLES = "ledger/leaves.jsonl", "ledger/others.jsonl", "ledger/proof.json", "samples/"
ATTACHED = "attachments/"
CONTROLS, POLICY_MAP, MISSING = "controls.json", "policy-map.json", "MISSING.csv"
EVENTS, PROOFS = "events.jsonl", "proofs/"
DRAWN = "evidence.sample.drawn"
DRAW, POPULATION = "samples/sample.json", "samples/population.txt"


#: Every register of a pack, and which fact of a leaf each of its columns repeats; nothing where no leaf states its rows. A
#: ``kind`` states all of the rows of its register, and each leaf of the kind has its row, at ``place``; rows follow from an
#: ``act``, and ``key`` says which (``part``: also from acts of which the register has no row; ``whole``: no row is there without
#: its act; ``needs``: nor is one that has a value in this column; ``each``: no more rows than acts). A path leads to a member of
#: the leaf's payload; ``about:LABEL`` is what follows that label, ``who:MEMBER`` an actor as lists spell it, ``each:PATH`` each
#: word there without what follows its slash, ``is:JSON`` and ``word:TEXT`` that value. ``later``: acts that state columns of
#: such a row again; of all that are shown the last leaf counts. ``along``: acts with this key, by which ``columns`` are
#: followed one after the other (``check_deadlines``). JSON, because the page for browsers reads it too.
STATED: dict[str, Any] = json.loads(
    """{
  "attachments": [
    {
      "act": "registers.attachment.added", "whole": true, "key": {"reference": "facts.reference"},
      "columns": {
        "about": "about",
        "kind": "facts.kind",
        "dated_on": "facts.dated_on",
        "sha256": "facts.sha256",
        "original_sha256": "facts.original_sha256",
        "size": "facts.size",
        "added_at": "at",
        "ended_at": "is:null"
      },
      "later": {
        "registers.attachment.ended": {"key": {"reference": "facts.reference"}, "columns": {"ended_at": "at"}}
      }
    }
  ],
  "audit": [
    {
      "kind": "audit", "place": "leaf_index",
      "columns": {
        "event_id": "event_id",
        "kind": "act",
        "actor": "who:actor",
        "via": "via",
        "about": "about",
        "facts": "facts",
        "subject_ref": "subject",
        "at": "at"
      }
    }
  ],
  "authority_answers": [],
  "authority_orders": [
    {
      "act": "registers.order.received", "whole": true, "key": {"reference": "facts.order"},
      "columns": {
        "kind": "facts.kind",
        "paper_sha256": "facts.sha256",
        "received_at": "facts.received_at",
        "answered_at": "is:null",
        "is_secret": "facts.secret"
      },
      "later": {
        "registers.order.answered": {"key": {"reference": "facts.order"}, "columns": {"answered_at": "facts.answered_at"}},
        "registers.order.silenced": {"key": {"reference": "facts.order"}, "columns": {"is_secret": "is:true"}}
      }
    }
  ],
  "book_accessreview": [],
  "book_accountblock": [],
  "book_auditfinding": [],
  "book_contentaccess": [],
  "book_contract": [],
  "book_countryrule": [],
  "book_dataset": [],
  "book_dpia": [],
  "book_externallink": [],
  "book_measure": [],
  "book_processingactivity": [],
  "book_product": [],
  "book_recipientcheck": [],
  "book_tasks": [
    {
      "act": "registers.task.opened", "each": true, "key": {"book": "facts.book", "entry": "facts.entry", "what": "facts.what", "due_on": "facts.due_on", "opened_at": "at"},
      "columns": {}
    },
    {
      "act": "registers.task.closed", "needs": "closed_at", "key": {"book": "facts.book", "entry": "facts.entry", "what": "facts.what", "closed_at": "at"},
      "columns": {}
    }
  ],
  "book_training": [],
  "book_transfer": [],
  "checkpoints": [],
  "clock_events": [],
  "clocks": [
    {
      "act": "law.clock.started", "whole": true, "each": true, "key": {"owner": "facts.owner", "kind": "facts.kind", "rule_key": "each:facts.rules", "started_at": "facts.started_at"},
      "columns": {
        "subject_ref": "subject"
      },
      "along": {"key": {"owner": "facts.owner"}, "acts": ["law.clock.corrected", "law.clock.extended", "law.clock.resumed", "law.clock.stopped"], "columns": ["due_at", "stopped_at"]}
    },
    {
      "act": "law.clock.stopped", "key": {"owner": "facts.owner", "rule_key": "each:facts.rules", "stopped_at": "facts.stopped_at"},
      "columns": {}
    }
  ],
  "company_details": [],
  "consent_managers": [],
  "consents": [
    {
      "kind": "consent", "place": "leaf_index",
      "columns": {
        "event_id": "event_id",
        "receipt": "receipt",
        "subject_ref": "principal",
        "fiduciary": "fiduciary",
        "address_kind": "address_kind",
        "address_key": "address_key",
        "address_verified": "address_verified",
        "purpose": "purpose",
        "channel": "channel",
        "sender": "sender",
        "answer": "event",
        "notice_language": "notice.lang",
        "notice_sha256": "notice.sha256",
        "way": "way",
        "actor": "who:actor",
        "previous": "prev",
        "occurred_at": "occurred_at",
        "recorded_at": "recorded_at",
        "expires_at": "expires_at"
      }
    }
  ],
  "content_templates": [],
  "deliveries": [],
  "disclosures": [
    {
      "act": "registers.disclosure.made", "whole": true, "key": {"reference": "facts.disclosure"},
      "columns": {
        "recipient_code": "facts.recipient",
        "subject_ref": "subject",
        "fields": "facts.fields",
        "purpose": "facts.purpose",
        "basis": "facts.basis",
        "about": "about",
        "disclosed_at": "at"
      }
    }
  ],
  "erasure_runs": [
    {
      "act": "retention.erasure.run", "key": {"reference": "facts.run"},
      "columns": {
        "state": "facts.state",
        "due": "facts.due",
        "held": "facts.held",
        "kept_by_law": "facts.kept_by_law",
        "erased": "facts.erased",
        "certificate_sha256": "facts.certificate",
        "finished_at": "facts.finished_at"
      }
    }
  ],
  "files": [
    {
      "act": "vault.file.stored", "whole": true, "key": {"id": "about:vault.storedfile"},
      "columns": {
        "subject_ref": "subject",
        "kind": "facts.kind",
        "retention_class": "facts.retention_class",
        "size": "facts.size",
        "sha256": "facts.sha256",
        "stored_at": "facts.stored_at"
      }
    }
  ],
  "holds": [
    {
      "act": "retention.hold.placed", "whole": true, "key": {"row": "facts.hold"},
      "columns": {
        "subject_ref": "subject",
        "retention_class": "facts.retention_class",
        "placed_at": "facts.placed_at"
      }
    }
  ],
  "house_rules": [],
  "information_requests": [
    {
      "act": "evidence.request.asked", "whole": true, "key": {"reference": "facts.reference"},
      "columns": {
        "control": "facts.control",
        "due_on": "facts.due_on",
        "asked_at": "at",
        "answered_at": "is:null",
        "accepted_at": "is:null"
      },
      "later": {
        "evidence.request.answered": {"key": {"reference": "facts.reference"}, "columns": {"answered_at": "at"}},
        "evidence.request.flagged": {"key": {"reference": "facts.reference"}, "columns": {"due_on": "facts.due_on"}},
        "evidence.request.accepted": {"key": {"reference": "facts.reference"}, "columns": {"accepted_at": "at"}}
      }
    }
  ],
  "instruction_steps": [],
  "instructions": [
    {
      "act": "registers.instruction.given", "whole": true, "key": {"reference": "about:registers.instruction"},
      "columns": {
        "recipient": "facts.recipient",
        "fiduciary": "facts.fiduciary",
        "kind": "facts.kind",
        "subject_ref": "subject",
        "about": "facts.about",
        "given_at": "at"
      }
    }
  ],
  "jobs": [],
  "kyc_checks": [],
  "kyc_decisions": [
    {
      "act": "kyc.decision.proposed", "whole": true, "key": {"reference": "about:kyc.decision"},
      "columns": {
        "document": "facts.document",
        "document_sha256": "facts.sha256",
        "outcome": "facts.outcome",
        "reason_code": "facts.reason_code",
        "made_at": "at",
        "shown_sha256": "facts.shown_sha256",
        "checked_at": "is:null",
        "answer": "word:pending"
      },
      "later": {
        "kyc.decision.answered": {"key": {"reference": "about:kyc.decision"}, "columns": {"checked_at": "at", "answer": "facts.answer"}}
      }
    }
  ],
  "kyc_screenings": [],
  "legal_rules": [],
  "messages": [
    {
      "act": "outbox.message.sent", "part": true, "needs": "sent_at", "key": {"reference": "about:outbox.message"},
      "columns": {
        "kind": "facts.kind",
        "channel": "facts.channel",
        "purpose": "facts.purpose",
        "subject_ref": "subject",
        "sent_at": "facts.sent_at",
        "template_language": "facts.language",
        "template_sha256": "facts.template_version"
      }
    }
  ],
  "notice_versions": [],
  "officers": [],
  "purposes": [],
  "recipients": [],
  "reported_sends": [],
  "retention_rules": [],
  "role_grants": [
    {
      "act": "roles.grant.given", "key": {"row": "facts.grant"},
      "columns": {
        "role": "facts.role",
        "granted_at": "at",
        "starts_at": "facts.starts_at",
        "ends_at": "facts.ends_at",
        "data_from": "facts.data_from",
        "data_to": "facts.data_to",
        "areas": "facts.areas"
      },
      "later": {
        "roles.grant.changed": {"key": {"row": "facts.grant"}, "columns": {"ends_at": "facts.ends_at"}},
        "roles.grant.ended": {"key": {"row": "facts.grant"}, "columns": {"ends_at": "facts.ends_at"}}
      }
    }
  ],
  "role_proposals": [],
  "sanctions_lists": [
    {
      "act": "kyc.sanctions.imported", "whole": true, "key": {"row": "about:kyc.sanctions_list"},
      "columns": {
        "source": "facts.source",
        "version": "facts.version",
        "sha256": "facts.sha256",
        "names_sha256": "facts.names_sha256",
        "size": "facts.count",
        "imported_at": "at"
      }
    }
  ],
  "sender_defects": [],
  "senders": [],
  "sending_entities": [],
  "sends_after_withdrawals": [
    {
      "act": "consent.send.found", "key": {"send": "about"},
      "columns": {
        "recipient_code": "facts.recipient",
        "purpose": "facts.purpose",
        "channel": "facts.channel",
        "found_at": "at",
        "looked_at": "is:null"
      },
      "later": {
        "consent.send.explained": {"key": {"send": "about"}, "columns": {"looked_at": "at"}}
      }
    }
  ],
  "sign_ins": [],
  "silence_ends": [],
  "ticket_entries": [],
  "tickets": [
    {
      "act": "grievances.ticket.filed", "whole": true, "key": {"reference": "about:grievances.ticket"},
      "columns": {
        "subject_ref": "subject",
        "received_at": "facts.received_at",
        "acknowledged_at": "is:null",
        "closed_at": "is:null",
        "closed_because": "is:null"
      },
      "later": {
        "law.clock.corrected": {"key": {"reference": "about:grievances.ticket"}, "columns": {"received_at": "facts.started_at"}},
        "grievances.ticket.acknowledged": {"key": {"reference": "about:grievances.ticket"}, "columns": {"acknowledged_at": "facts.acknowledged_at"}},
        "grievances.ticket.closed": {"key": {"reference": "about:grievances.ticket"}, "columns": {"closed_at": "facts.closed_at", "closed_because": "facts.reason_code"}},
        "grievances.ticket.reopened": {"key": {"reference": "about:grievances.ticket"}, "columns": {"closed_at": "is:null", "closed_because": "is:null"}},
        "grievances.appeal.made": {"key": {"reference": "about:grievances.ticket"}, "columns": {"closed_at": "is:null", "closed_because": "is:null"}}
      }
    }
  ],
  "verifications": []
}"""
)

#: Of every register its columns in their order, ``once`` the columns of which no two rows have the same values, and ``days``,
#: the columns from which ``in_period`` follows: a row is entered, changed, in force (``since`` to ``until`` or to the day
#: ``last``) and ended, in force and ended only ``among`` rows with these values. JSON, because the page for browsers reads it too.
REGISTERS: dict[str, Any] = json.loads(
    """{
  "attachments": {"columns": "row reference about kind dated_on media_type pages size sha256 original_sha256 added_by added_at ended_at in_period", "once": ["reference"], "days": {"entered": "added_at", "since": "added_at", "until": "ended_at"}},
  "audit": {"columns": "row event_id leaf_index kind actor via about facts subject_ref at"},
  "authority_answers": {"columns": "row order decision given_categories act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"]}},
  "authority_orders": {"columns": "row reference kind authority verified_how power order_number paper_sha256 asked_categories subject_refs received_at undertaking_on is_secret secret_until secrecy_ended_at state answered_at told_refs person_told_at in_period", "once": ["reference", "authority order_number"], "days": {"entered": "received_at", "changed": ["secrecy_ended_at", "person_told_at"], "since": "received_at", "until": "answered_at"}},
  "book_accessreview": {"columns": "row fiduciary code name roles found to_end owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_accountblock": {"columns": "row fiduciary code name subject_ref why is_automated human_check appeal owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_auditfinding": {"columns": "row fiduciary code name audit severity what state due_on owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_contentaccess": {"columns": "row fiduciary code name what which reader why basis basis_reference owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_contract": {"columns": "row fiduciary code name recipient_code kind clauses signed_on valid_until paper_sha256 owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "last": "valid_until", "among": {"answer": "approved"}}},
  "book_countryrule": {"columns": "row fiduciary code name country law says conditions source confidence owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_dataset": {"columns": "row fiduciary code name kind form used_categories purposes basis opt_out left_out recipients tested_on dpias owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_dpia": {"columns": "row fiduciary code name about risk answer_to_risk done_on authority_asked outcome owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_externallink": {"columns": "row fiduciary code name url what_for has_contract owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_measure": {"columns": "row fiduciary code name control said said_hi said_mr is_published owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_processingactivity": {"columns": "row fiduciary code name role dpdp_role others representative what_is_done purposes subjects used_categories recipients transfers retention_classes measures basis_in basis_eu basis_us_ca needs_dpia dpias owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_product": {"columns": "row fiduciary code name kind what_it_does activities country owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_recipientcheck": {"columns": "row fiduciary code name recipient_code service sub_processors region sells_nothing training_use allowed_categories checked_on outcome conditions owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_tasks": {"columns": "row book entry code what due_on owner opened_at closed_at in_period", "days": {"entered": "opened_at", "since": "opened_at", "until": "closed_at"}},
  "book_training": {"columns": "row fiduciary code name kind subject held_on attended owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "book_transfer": {"columns": "row fiduciary code name recipient_code country used_categories mechanism assessed_on assessment valid_until owner review_on evidence evidence_on starts_at ends_at ended_by reviewed_at act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at", "reviewed_at"], "since": "starts_at", "until": "ends_at", "last": "valid_until", "among": {"answer": "approved"}}},
  "checkpoints": {"columns": "row size root signed_at"},
  "clock_events": {"columns": "row owner rule_key kind at actor due_at percent reason_code recorded_at"},
  "clocks": {"columns": "row owner subject_ref kind rule_key zone started_at due_at target_at outer_limit_at state stopped_at ended late_because extended_by extended_because corrects is_confirmed paused_at in_period", "once": ["corrects"], "days": {"entered": "started_at", "since": "started_at", "until": "stopped_at"}},
  "company_details": {"columns": "row effective_from act made_by made_at checked_by checked_at shown_sha256 answer in_period"},
  "consent_managers": {"columns": "row fiduciary board_number name public_key starts_at ends_at ended_by act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "consents": {"columns": "row event_id leaf_index receipt subject_ref fiduciary address_kind address_key address_verified purpose channel sender answer notice_version notice_language notice_sha256 way actor previous occurred_at recorded_at expires_at"},
  "content_templates": {"columns": "row fiduciary channel template_id category language state starts_at ends_at ended_by act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "deliveries": {"columns": "row message kind channel purpose attempt outcome code happened_at"},
  "disclosures": {"columns": "row reference recipient_code subject_ref fields purpose basis about disclosed_at", "once": ["reference"]},
  "erasure_runs": {"columns": "row reference state started_by started_at finished_at due held kept_by_law erased certificate_sha256 in_period", "once": ["reference"]},
  "files": {"columns": "row id subject_ref retention_class kind size sha256 stored_at shredded_at in_period", "days": {"entered": "stored_at", "until": "shredded_at"}},
  "holds": {"columns": "row subject_ref retention_class order_reference placed_by placed_at released_at in_period", "days": {"entered": "placed_at", "since": "placed_at", "until": "released_at"}},
  "house_rules": {"columns": "row key version amount unit start_event counting effective_from effective_to sha256 recorded_at in_period", "once": ["key version"]},
  "information_requests": {"columns": "row reference control state asked_by asked_at due_on answered_at accepted_at in_period", "once": ["reference"], "days": {"entered": "asked_at", "changed": ["answered_at"], "since": "asked_at", "until": "accepted_at"}},
  "instruction_steps": {"columns": "row instruction kind happened_at recorded_at actor"},
  "instructions": {"columns": "row reference recipient fiduciary kind subject_ref about covers given_at sequence message", "once": ["reference"]},
  "jobs": {"columns": "row reference kind state started_by created_at finished_at failure_code in_period", "once": ["reference"], "days": {"entered": "created_at", "since": "created_at", "until": "finished_at"}},
  "kyc_checks": {"columns": "row document case name attempt outcome reason severity document_sha256 plan_version method check_version key_sha256 inquiry_ref started_at ended_at in_period", "days": {"entered": "started_at", "changed": ["ended_at"]}},
  "kyc_decisions": {"columns": "row reference document document_sha256 outcome reason_code act made_by made_at checked_by checked_at shown_sha256 answer in_period", "once": ["reference"], "days": {"entered": "made_at", "changed": ["checked_at"]}},
  "kyc_screenings": {"columns": "row case party source list_version list_sha256 names_version likenesses known screened_at"},
  "legal_rules": {"columns": "row key version law provision jurisdiction amount unit start_event counting effective_from effective_to confidence sha256 recorded_at in_period", "once": ["key version"]},
  "messages": {"columns": "row reference kind subject_ref fiduciary channel language purpose category about template_language template_sha256 state created_at sent_at in_period", "once": ["reference", "kind subject_ref channel about"], "days": {"entered": "created_at", "changed": ["sent_at"]}},
  "notice_versions": {"columns": "row notice number state effective_on drafted_at published_at in_period"},
  "officers": {"columns": "row kind title effective_from act made_by made_at checked_by checked_at shown_sha256 answer in_period"},
  "purposes": {"columns": "row code version message_category effective_from effective_to made_by checked_by shown_sha256 recorded_at in_period", "once": ["code version"]},
  "recipients": {"columns": "row code name kind fiduciary purposes channels used_categories country address_form starts_at ends_at ended_by act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "reported_sends": {"columns": "row recipient_code reference_sha256 address_key purpose channel sent_at reported_at"},
  "retention_rules": {"columns": "row retention_class version counts_from house_rule legal_rules erasing_rules notice_rules needs_approval effective_from sha256 recorded_at in_period", "once": ["retention_class version"]},
  "role_grants": {"columns": "row user role starts_at ends_at granted_at data_from data_to areas in_period", "days": {"entered": "granted_at", "since": "starts_at", "until": "ends_at"}},
  "role_proposals": {"columns": "row change user role data_from data_to areas act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"]}},
  "sanctions_lists": {"columns": "row source version sha256 names_sha256 size imported_at superseded_at in_period", "days": {"entered": "imported_at", "since": "imported_at", "until": "superseded_at"}},
  "sender_defects": {"columns": "row fiduciary channel purpose sender template category first_at last_at in_period", "days": {"entered": "first_at", "changed": ["last_at"], "since": "first_at", "until": "last_at"}},
  "senders": {"columns": "row fiduciary kind value carries records_calls starts_at ends_at ended_by act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "sending_entities": {"columns": "row fiduciary entity_id starts_at ends_at ended_by act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"], "since": "starts_at", "until": "ends_at", "among": {"answer": "approved"}}},
  "sends_after_withdrawals": {"columns": "row send recipient_code event suppression purpose channel withdrawn_at sent_at found_at finding looked_at looked_by in_period", "once": ["send"], "days": {"entered": "found_at", "changed": ["looked_at"]}},
  "sign_ins": {"columns": "row user subject_ref outcome at"},
  "silence_ends": {"columns": "row order act made_by made_at checked_by checked_at shown_sha256 answer in_period", "days": {"entered": "made_at", "changed": ["checked_at"]}},
  "ticket_entries": {"columns": "row ticket kind author written_by visibility at round"},
  "tickets": {"columns": "row reference fiduciary subject_ref kind for_whom state closed_because language received_at acknowledged_at answered_at closed_at due_at round in_period", "once": ["reference"], "days": {"entered": "received_at", "changed": ["acknowledged_at", "answered_at"], "since": "received_at", "until": "closed_at"}},
  "verifications": {"columns": "row scope size ok started_at finished_at in_period", "days": {"entered": "started_at", "changed": ["finished_at"]}}
}"""
)

#: Why a pack lacks something, by kind: the only reasons that the list of what is missing may give. Of what the controls and the
#: policy map show to be lacking (``FREE``) the reason is a sentence of theirs. JSON, because the page for browsers reads it too.
REASONS: dict[str, Any] = json.loads(
    """{
  "attachment": {
    "destroyed": "The file was destroyed after its last day, which is in the column ended_at of registers/attachments.csv.",
    "people": "The file may hold personal data. A person who may read the record opens it in the portal and gives a reason.",
    "command": "The pack was made by a command. A command has no role, so it exports no files.",
    "role": "The role of the person who asked for the pack may not export this file.",
    "size": "The file is larger than 25 MB. Open it in the portal.",
    "full": "The pack is full: it holds at most 200 MB and 2,000 files of attachments. Make a pack of fewer days.",
    "damaged": "The stored file does not open as what was stored. The operator has to check the file store."
  },
  "erased record": {
    "erased": "The content of this log entry was erased, by a rule or because the person asked. The entry is in ledger/leaves.jsonl."
  },
  "letter": {"lost": "The text that was sent was not kept."},
  "recipient notification": {
    "webhook": "The program of a recipient was notified (webhook). Our program writes such a notification from codes, so there is no text. Each one is in registers/messages.csv."
  },
  "program": {"page": "This portal has no page that checks packs in a browser."},
  "report": {
    "failed": "This report could not be made.",
    "part": "Reports are kept of whole months. The period has days outside them."
  },
  "row": {"days": "An act of the period is about this row, but the row belongs to other days."},
  "sample": {
    "short": "Fewer entries of the period have their content than were asked for.",
    "unknown": "No sample has this reference.",
    "days": "The sample was drawn in the period, from rows of days outside it. Ask for it by name, or make a pack of those days.",
    "lost": "The list from which it was drawn was not kept. Draw another sample."
  },
  "statement of a row": {
    "erased": "A log entry about this row was erased. The last number of the name is the place of the entry in the log."
  }
}"""
)
FREE = ("promise", "measure", "duty of law")


class Bad(Exception):
    """What is wrong, in words."""


class Older(Exception):
    """A pack of a form that an earlier release made."""


class Superseded(Exception):
    """A pack of the form before, sealed when this one was in use. It holds what the lines say."""


def need(holds: object, message: str) -> None:
    if not holds:
        raise Bad(message)


# Ed25519, RFC 8032 section 5.1 ------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def add(one: Point, two: Point) -> Point:
    """The sum of two points in extended coordinates."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar: int, point: Point) -> Point:
    """A point added to itself, by doubling."""
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decode_point(data: bytes) -> Point:
    """The point that 32 bytes stand for (section 5.1.3)."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    need(y < P, "The key or signature is not a point.")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    need((x * x - square) % P == 0 and not (x == 0 and sign), "The key or signature is not a point.")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def encode_point(point: Point) -> bytes:
    """The 32 bytes of a point (section 5.1.2)."""
    x, y = (part * pow(point[2], P - 2, P) % P for part in point[:2])
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point(bytes([0x58]) + bytes([0x66]) * 31)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message (section 5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    x, y, z, t = decode_point(public)
    digest = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    expected = add(multiply(scalar, BASE), multiply(digest, (P - x, y, z, P - t)))
    return encode_point(expected) == signature[:32]


# Notes and receipts -----------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A public key: name, the four bytes that signature lines carry, the key itself, and whether it is a witness's."""

    name: str
    key_id: bytes
    public: bytes
    cosigns: bool = False


class Trust(NamedTuple):
    """Keys of the log, one of which must have signed, and of witnesses, each of which must have cosigned."""

    logs: tuple[Key, ...] = ()
    witnesses: tuple[Key, ...] = ()


class Checked(NamedTuple):
    """What a receipt that holds says."""

    place: int
    size: int
    root: bytes
    origin: str
    payload: dict[str, Any]
    note: bytes
    leaf: bytes


def plain_base64(text: str) -> bytes:
    """The bytes of base64 that is written the one canonical way."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Bad("Base64 is damaged.") from None
    need(base64.b64encode(data).decode() == text, "Base64 is not in its canonical form.")
    return data


def plain_number(text: str) -> int:
    """A number that is written the one canonical way."""
    need(re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII) is not None, "A number is not written plainly.")
    return int(text)


def read_key(vkey: str, kind: int = 1) -> Key:
    """The key that a vkey names: of a log (1) or of a witness (4)."""
    parts = vkey.split("+", 2)
    need(len(parts) == 3 and re.fullmatch(r"[0-9a-f]{8}", parts[1]) is not None, "The key is not name+id+base64.")
    data = plain_base64(parts[2])
    need(len(data) == 33 and data[0] == kind, "The key is not an Ed25519 key of this kind.")
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    need(key_id.hex() == parts[1], "The key is damaged: its id does not belong to it.")
    return Key(parts[0], key_id, data[1:], kind == 4)


SIGNED: dict[tuple[bytes, Trust], tuple[str, int, bytes]] = {}


def read_checkpoint(note: bytes, trust: Trust) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint, signed by whom we trust."""
    if (note, trust) in SIGNED:
        return SIGNED[note, trust]
    head, blank, tail = note.rpartition(b"\n\n")
    need(blank and tail.endswith(b"\n"), "The checkpoint has no signature.")
    text = head + b"\n"
    try:
        lines, signatures = text.decode().split("\n"), tail.decode()[:-1].split("\n")
    except UnicodeDecodeError:
        raise Bad("The checkpoint is not UTF-8.") from None
    need(len(lines) == 4 and lines[0] != "" and "\r" not in lines[0], "The checkpoint has not three lines.")
    root = plain_base64(lines[2])
    need(len(root) == 32, "The root has not 32 bytes.")
    held = [key for line in signatures for key in one_signature(line, text, trust)]
    need(len(set(held)) == len(held), "A key signed the checkpoint twice.")
    trusted = [key for key in trust.logs if key in held and key.name == lines[0]]
    need(
        trusted or not trust.logs,
        "The signed record of the log (checkpoint) is not signed by the key given. The key is of another log, or the file was not made by this operator.",
    )
    need(
        set(trust.witnesses) <= set(held),
        "A witness that you named has not signed as well. Ask for a file that it has signed.",
    )
    SIGNED[note, trust] = (lines[0], plain_number(lines[1]), root)
    return SIGNED[note, trust]


def one_signature(line: str, text: bytes, trust: Trust) -> list[Key]:
    """The key whose signature a line is and holds; a line of another key is passed over."""
    parts = line.split(" ")
    need(len(parts) == 3 and parts[0] == "\u2014", "A signature line is malformed.")
    value = plain_base64(parts[2])
    need(len(value) > 4, "A signature is too short.")
    found = [key for key in trust.logs + trust.witnesses if (key.name, key.key_id) == (parts[1], value[:4])]
    for key in found:
        time = b"cosignature/v1\ntime %d\n" % int.from_bytes(value[4:12], "big") if key.cosigns else b""
        need(
            is_signed(key.public, time + text, value[12 if key.cosigns else 4 :]),
            "The signature of the log does not belong to its content. The file was changed.",
        )
    return found


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def open_leaf(salt: bytes, payload: bytes) -> bytes:
    """The leaf that a salted payload opens."""
    return hashlib.sha256(b"\x00\x01" + hashlib.sha256(TAG + salt + payload).digest()).digest()


def root_over(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path leads to (RFC 9162 section 2.1.3.2)."""
    need(0 <= index < size, "The record is not in a tree of this size.")
    last = size - 1
    for step in path:
        need(last > 0 and len(step) == 32, "The path has the wrong length.")
        if index & 1 or index == last:
            leaf = node(step, leaf)
            while not index & 1:
                index >>= 1
                last >>= 1
        else:
            leaf = node(leaf, step)
        index >>= 1
        last >>= 1
    need(last == 0, "The path has the wrong length.")
    return leaf


def read_json(data: bytes) -> dict[str, Any]:
    """A JSON object in which no member stands twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "A member appears twice.")
        return dict(pairs)

    try:
        found = json.loads(data.decode(), object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise Bad("JSON is damaged.") from None
    need(isinstance(found, dict), "JSON contains no object.")
    return dict(found)


def read_row(data: bytes) -> dict[str, Any]:
    """The same where every number is a whole one, as all readers of JSON understand it."""
    found = read_json(data)
    need(is_whole(found), "A number is not written plainly.")
    return found


def is_whole(value: Any) -> bool:
    """Whether every number in it is a whole one of at most 53 bits."""
    if isinstance(value, (dict, list)):
        return all(map(is_whole, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) and (not isinstance(value, int) or abs(value) < 2**53)


def check_receipt(data: bytes, trust: Trust) -> Checked:
    """Everything a receipt claims: the record opens the leaf, the path leads to the root, the key signed the root."""
    head, _, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Bad(NOTHING) from None
    need(len(lines) >= 3 and lines[0] == HEADER, NOTHING)
    need(lines[1].startswith("extra ") and lines[2].startswith("index "), "The receipt lacks a line.")
    extra, index = plain_base64(lines[1][6:]), plain_number(lines[2][6:])
    need(extra[:1] == b"\x01" and len(extra) > 33, "The record is of an unknown form.")
    origin, size, root = read_checkpoint(note, trust)
    leaf = open_leaf(extra[1:33], extra[33:])
    found = root_over(leaf, index, size, [plain_base64(line) for line in lines[3:]])
    need(found == root, "The entry is not in the log that was signed. The file was changed.")
    return Checked(index, size, root, origin, read_json(extra[33:]), note, leaf)


def written(value: Any) -> str:
    """A JSON value on one line, so that 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def check_document(data: bytes, trust: Trust) -> tuple[Checked, str]:
    """The JSON form of a receipt: the proof in it holds, and what stands beside it for people says the same.

    Returns what the proof says, and what nothing proves.
    """
    try:
        body = read_json(data)
    except Bad as error:
        raise Bad(f"{error} {GIVE_PROOF}") from None
    proof, ledger = body.get("proof"), body.get("ledger")
    need(body.get("format") == DOCUMENT_FORMAT and isinstance(proof, str), NOTHING)
    found = check_receipt(str(proof).encode(), trust)
    record, wrong = found.payload, []
    if written(body.get("record")) != written(record):
        said = body["record"] if isinstance(body.get("record"), dict) else {}
        changed = [f"record.{name}" for name in record if written(said.get(name)) != written(record[name])]
        wrong += changed or ["record"]
    facts = record.get("facts")
    reference = record.get("receipt") or (facts.get("reference") if isinstance(facts, dict) else None)
    if reference and body.get("receipt") != reference:
        wrong.append("receipt")
    ledger = ledger if isinstance(ledger, dict) else {}
    proved = {"origin": found.origin, "index": found.place, "size": found.size, "leaf": found.leaf.hex()}
    wrong += [f"ledger.{name}" for name in proved if written(ledger.get(name)) != written(proved[name])]
    if trust.logs and read_key(str(ledger.get("vkey"))) not in trust.logs:
        wrong.append("ledger.vkey")
    if (sorted(body), sorted(ledger)) != (DOCUMENT.split(), DOCUMENT_LEDGER.split()):
        wrong.append("it has other members than the portal writes")
    need(not wrong, f"The readable part of this file is not what is proved: {', '.join(wrong)}. {GIVE_PROOF}")
    return found, "status, ledger.witnesses" + ("" if reference or body["receipt"] is None else ", receipt")


# Evidence packs ---------------------------------------------------------------------------------------------------


def read_pack(data: bytes) -> dict[str, bytes]:
    """The files of a pack, which is written in exactly one way: not one byte of it is free."""
    need(
        len(data) >= 22 and data[-22:-18] == b"PK\x05\x06",
        "The file is not an evidence pack. Choose the .zip file as you got it.",
    )
    count, length, start = struct.unpack("<HLL", data[-12:-2])
    need(start + length == len(data) - 22, "The pack is damaged. Use the .zip file as you got it.")
    files: dict[str, bytes] = {}
    at, expected, directory = start, bytearray(), bytearray()
    for _ in range(count):
        need(len(data[at : at + 46]) == 46, "The pack is damaged. Use the .zip file as you got it.")
        size, name_length = struct.unpack("<LH", data[at + 24 : at + 30])
        raw_name = data[at + 46 : at + 46 + name_length]
        content_at = len(expected) + 30 + name_length
        content = data[content_at : content_at + size]
        local, entry = headers(raw_name, content, len(expected))
        expected += local + content
        directory += entry
        files[raw_name.decode("utf-8", "replace")] = content
        at += len(entry)
    ending = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(expected), 0)
    need(
        expected + directory + ending == data,
        "The pack is damaged, or was packed again. Use the .zip file as you got it.",
    )
    need(len(files) == count, "A file appears twice in the pack.")
    return files


def headers(name: bytes, content: bytes, offset: int) -> tuple[bytes, bytes]:
    """The two headers that a stored file with no date has."""
    flags = 0 if all(byte < 128 for byte in name) else 0x800
    sizes = (zlib.crc32(content), len(content), len(content), len(name))
    common = struct.pack("<HHHHH3LHH", 20, flags, 0, 0, 0x21, *sizes, 0)
    rest = struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, offset)
    return b"PK\x03\x04" + common + name, b"PK\x01\x02" + bytes([20, 3]) + common + rest + name


class Record(NamedTuple):
    """A leaf of the log: its place, its hash, and what it says; None where that was erased."""

    place: int
    leaf: bytes
    says: dict[str, Any] | None

    @property
    def recorded_at(self) -> str:
        at = {} if self.says is None else self.says
        need(
            re.fullmatch(MOMENT, str(at.get("recorded_at")), re.ASCII),
            f"ledger, entry {self.place}: it states no time. Whether it belongs to the period cannot be seen.",
        )
        return str(at["recorded_at"])


MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


#: By kind the names of what is missing, each with the code of its reason; none where the reason is free.
Missing = dict[str, dict[str, str]]


class Erased(NamedTuple):
    """An entry without content that was an act about a row. ``act`` is None where nobody says which; ``name`` as it is listed.

    ``is_logged``: the record of the erasure says which, not the list of what is missing alone.
    """

    place: int
    act: str | None
    name: str
    is_logged: bool


RowKey = tuple[str, ...]


class Gaps(NamedTuple):
    """What the list of what is missing names of registers: acts without a row, and rows of which acts were erased.

    ``used`` are the names of both that were needed. ``says_act``: the list says of which act each erased entry was, as packs
    of this form do.
    """

    rows: set[str]
    bare: dict[str, list[Erased]]
    used: set[str]
    says_act: bool

    def of_rule(self, register: str, rule: dict[str, Any]) -> dict[RowKey, list[Erased]]:
        """By the key of a row the erased entries that may have been acts of this rule."""
        acts = {None, rule["act"], *rule.get("later", ()), *rule.get("along", {}).get("acts", ())}
        found: dict[RowKey, list[Erased]] = {}
        for row, erased in self.bare.items():
            name, *key = row.split(" ")
            its = [one for one in erased if one.act in acts]
            if its and name == register and len(key) == len(rule["key"]):
                found[tuple(key)] = its
        return found


class Log(NamedTuple):
    """What a pack shows of the log: the leaves around the period without a gap, others, those of the period, and its bounds.

    ``erased`` are the entries without content: by place the act that the record of the erasure names, None where it names none.
    """

    leaves: list[Record]
    others: list[Record]
    inside: list[Record]
    period: tuple[str, str]
    erased: dict[int, str | None]

    def placed(self, *acts: str) -> list[tuple[int, dict[str, Any]]]:
        """Place and content of the leaves of these acts, all that are shown, in the order of the log."""
        shown = sorted((*self.leaves, *self.others), key=lambda one: one.place)
        return [(one.place, one.says) for one in shown if one.says is not None and one.says.get("act") in acts]

    def acts(self, *acts: str) -> list[dict[str, Any]]:
        """What the leaves of these acts say, all that are shown, in the order of the log."""
        return [says for _place, says in self.placed(*acts)]


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a file, each of which ends with a line feed."""
    need(data == b"" or data.endswith(b"\n"), "The last line of a file is cut off.")
    return data.split(b"\n")[:-1]


def read_leaves(data: bytes) -> list[Record]:
    """Leaves as they are listed: each with the content that opens it, or called erased."""
    found = []
    for line in lines_of(data):
        row = read_row(line)
        index, leaf = row["index"], bytes.fromhex(row["leaf"])
        need(
            type(index) is int and len(leaf) == 32, "ledger: an entry is not written as packs write it. It was changed."
        )
        if sorted(row) == ["index", "leaf", "payload", "salt"]:
            payload = row["payload"].encode()
            opened = open_leaf(bytes.fromhex(row["salt"]), payload)
            need(
                opened == leaf,
                f"ledger, entry {index}: its content is not what the log recorded. It was changed afterwards.",
            )
            found.append(Record(index, leaf, read_row(payload)))
        else:
            whole = sorted(row) == ["erased", "index", "leaf"] and row["erased"] is True
            need(
                whole,
                f"ledger, entry {index}: it has no content and is not called erased. Its content was taken out of the pack.",
            )
            found.append(Record(index, leaf, None))
    return found


def tree_root(start: int, end: int, places: list[int], leaves: dict[int, bytes], hashes: list[bytes]) -> bytes:
    """The root over ``start`` to ``end``; where no leaf is at hand its node is the next of ``hashes``, the last one first."""
    at = bisect_left(places, start)
    if at == len(places) or places[at] >= end:
        need(hashes, "ledger/proof.json: it is too short for the entries of the pack. Entries cannot be proved.")
        return hashes.pop()
    if end - start == 1:
        return leaves[start]
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    left = tree_root(start, middle, places, leaves, hashes)
    return node(left, tree_root(middle, end, places, leaves, hashes))


def check_log(files: dict[str, bytes], manifest: dict[str, Any], size: int, root: bytes) -> Log:
    """The leaves are those of the log, without a gap from before the period to after it; what was erased has its redaction."""
    leaves, others = read_leaves(files[LEAVES]), read_leaves(files[OTHERS])
    first = manifest["first"]
    need(
        leaves and [one.place for one in leaves] == list(range(first, first + len(leaves))),
        "ledger/leaves.jsonl: an entry of the period is missing or there twice. The list has to be without a gap, so something may be hidden.",
    )
    places = sorted(one.place for one in (*leaves, *others))
    hashes = [bytes.fromhex(one) for one in reversed(read_row(files[PROOF])["hashes"])]
    need(
        len(set(places)) == len(places) and places[0] >= 0 and places[-1] < size,
        "ledger: an entry is there twice, or is not in the log that was signed. The entries were changed.",
    )
    at = {one.place: one.leaf for one in (*leaves, *others)}
    need(
        tree_root(0, size, places, at, hashes) == root and not hashes,
        "ledger: the entries do not lead to the root that was signed. They are not those of the log.",
    )
    start, end = bounds(manifest["period"])
    need(
        first == 0 or leaves[0].recorded_at < start,
        "ledger/leaves.jsonl: it does not begin with an entry from before the period. The first entries of the period may be left out.",
    )
    need(
        leaves[-1].recorded_at >= end,
        "ledger/leaves.jsonl: it does not end with an entry from after the period. The last entries of the period may be left out.",
    )
    opened = [one for one in leaves if one.says is not None]
    redacted = {
        says["target_index"]: (says["target_leaf"], one.place, says.get("target_act"))
        for one in (*opened, *others)
        if (says := one.says) is not None and says.get("kind") == "redaction"
    }
    erased = {}
    for one in (*leaves, *others):
        leaf, at_index, act = redacted.get(one.place, ("", -1, None))
        is_so = one.says is not None or (leaf == one.leaf.hex() and at_index > one.place)
        need(
            is_so,
            f"ledger, entry {one.place}: it is called erased, but no later entry records the erasure. Its content may be hidden.",
        )
        if one.says is None:
            erased[one.place] = act
    return Log(leaves, others, [one for one in opened if start <= one.recorded_at < end], (start, end), erased)


def day_of(text: Any) -> date:
    """A day that is written YYYY-MM-DD."""
    need(
        isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII),
        "manifest.json: the period has no plain days. The pack was changed.",
    )
    return date.fromisoformat(text)


def bounds(period: dict[str, Any]) -> tuple[str, str]:
    """The first instant of a period of days in India and the first one after it."""
    start = f"{day_of(period['from']) - timedelta(days=1)}T18:30:00.000Z"
    end = f"{day_of(period['to'])}T18:30:00.000Z"
    until = period.get("until", end)
    need(
        re.fullmatch(MOMENT, until, re.ASCII) and until <= end,
        "manifest.json: the end of the period is not a plain time in it. The pack was changed.",
    )
    return start, until


# Registers --------------------------------------------------------------------------------------------------------

ABSENT = object()
#: By column what the log says of it, and in which entry.
Statements = dict[str, tuple[Any, str]]
#: Members that leaves of consents did not have from the beginning; what else is not there is nothing.
SINCE = {"address_kind", "address_verified", "expires_at", "receipt"}
#: A spreadsheet runs a cell that begins so: an apostrophe stands before it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def fact(says: dict[str, Any], path: str) -> Any:
    """The member of a leaf's payload at a path; ABSENT in a leaf of a release that did not write it."""
    if path.startswith(("is:", "word:")):
        return json.loads(path[3:]) if path.startswith("is:") else path[5:]
    if path.startswith("about:"):
        label, _colon, rest = says["about"].partition(":")
        return rest if label == path[6:] else None
    if path.startswith("who:"):
        kind, ref = (str(says[path[4:]][name]) for name in ("kind", "ref"))
        ref = ref.removeprefix("user:")
        return f"{kind}:{ref}" if ref and ref != kind else kind
    found: Any = says
    for step in path.split("."):
        if found is None:
            return None
        if step not in found:
            return ABSENT if path in SINCE or path.startswith("facts.") else None
        found = found[step]
    return found


def is_same(value: Any, stated: Any) -> bool:
    """Whether a cell says what a leaf says: nothing is nothing, lists are compared by their words, numbers as numbers."""
    if value in (None, "", []):
        return stated is None or stated == ""
    if isinstance(value, list) and isinstance(stated, str):
        return sorted(map(str, value)) == sorted(word for word in re.split("[ ,]+", stated) if word)
    return written(value) == written(stated)


def cell_of(value: Any) -> str:
    """A value as the CSV of a register has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = "; ".join(" ".join(map(str, one)) if isinstance(one, list) else str(one) for one in value)
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = str(value)
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(FORMULA_STARTS) else text


def csv_of(lines: Iterable[list[Any]]) -> bytes:
    """Lines of cells as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows([cell_of(cell) for cell in line] for line in lines)
    return text.getvalue().encode()


def read_register(files: dict[str, bytes], name: str, count: int) -> list[dict[str, Any]]:
    """The rows of a register, in the order of their numbers; for people and for programs the same."""
    lines = lines_of(files[f"registers/{name}.jsonl"])
    rows = [read_row(line) for line in lines]
    need(
        len(rows) == count,
        f"registers/{name}.jsonl: manifest.json counts another number of rows. Rows were added or taken out.",
    )
    plainly = all(plain_line(row) == line for row, line in zip(rows, lines))  # noqa: B905 - as many
    need(
        plainly,
        f"registers/{name}.jsonl: a row is not written as packs write it. It was changed after the pack was made.",
    )
    heads = REGISTERS[name]["columns"].split()
    need(
        all(list(row) == heads for row in rows),
        f"registers/{name}.jsonl: it does not have the columns of this register. It was changed after the pack was made.",
    )
    same = csv_of([heads, *([row[head] for head in heads] for row in rows)]) == files[f"registers/{name}.csv"]
    need(same, f"registers/{name}.csv: it does not say the same as registers/{name}.jsonl. One of them was changed.")
    numbers = [row["row"] for row in rows]
    # A row of a view of many tables has no number of its own: then it is a text.
    of_one_kind = all(type(number) is type(numbers[0]) and type(number) in {int, str} for number in numbers)
    in_order = of_one_kind and all(numbers[at] < numbers[at + 1] for at in range(len(numbers) - 1))
    need(in_order, f"registers/{name}.jsonl: its rows are not in the order of their numbers. Rows were moved or added.")
    once = len({plain_line({**row, "row": None}) for row in rows}) == len(rows)
    for columns in map(str.split, REGISTERS[name].get("once", ())):
        keys = [written([row[one] for one in columns]) for row in rows if all(row[one] is not None for one in columns)]
        once = once and len(set(keys)) == len(keys)
    need(once, f"registers/{name}.csv: a row is there twice. One was added.")
    return rows


def plain_line(row: dict[str, Any]) -> bytes:
    """A row as the portal writes it: there is one way to write it, so that no value has two forms."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def check_days(name: str, rows: list[dict[str, Any]], period: dict[str, Any]) -> None:
    """Why each row belongs to the period follows from its days. Of registers whose days the pack shows only in part nothing is said."""
    days, (start, end) = REGISTERS[name].get("days"), bounds(period)
    if days is None:
        return
    over = day_of(period["to"]) - timedelta(days=1 if "until" in period else 0)
    for row in rows:
        is_so = row["in_period"] in (
            marks_of(row, days, (start, end), (period["from"], f"{over}"), touching) for touching in (False, True)
        )
        need(
            is_so,
            f"registers/{name}.csv, row {row['row']}: in_period does not follow from the dates of the row. A date or in_period was changed.",
        )


def marks_of(
    row: dict[str, Any],
    days: dict[str, Any],
    bounds: tuple[str, str],
    over: tuple[str, str],
    touching: bool,  # noqa: FBT001
) -> list[str]:
    """What of a row lies in the period, as its register says it. ``touching``: times are written to the millisecond, so an end
    at its own beginning may have come after it.
    """
    start, end = bounds

    def inside(column: str | None) -> bool:
        at = row[column] if column else None
        return at is not None and start <= at < end

    among = all(row[column] == value for column, value in days.get("among", {}).items())
    found = ["entered"] if inside(days["entered"]) else []
    if any(map(inside, days.get("changed", ()))):
        found.append("changed")
    since, until, last = (row[days[name]] if name in days else None for name in ("since", "until", "last"))
    if since is not None and among and since < end:
        lasts = until is None or (until > start and (until > since or (touching and until == since)))
        if lasts and (last is None or (last >= over[0] and last >= india(since))):
            found.append("in_force")
    if among and (inside(days.get("until")) or (last is not None and over[0] <= last <= over[1])):
        found.append("ended")
    return found


def india(moment: str) -> str:
    """The day in India of an instant."""
    return str(day_of(moment[:10]) + timedelta(days=1 if moment[11:] >= "18:30" else 0))


def statements_of(rule: dict[str, Any], says: dict[str, Any]) -> Statements:
    """By column what a leaf says of it, and which entry that is."""
    return {column: (fact(says, path), says["event_id"]) for column, path in rule["columns"].items()}


def check_row(name: str, stated: Statements, row: dict[str, Any], unstated: set[str]) -> None:
    """A row says what the log says of it, column by column; adds the columns of which the leaf says nothing."""
    for column, (value, entry) in stated.items():
        if value is ABSENT:
            unstated.add(column)
        else:
            need(
                is_same(row[column], value),
                f"registers/{name}.csv, row {row['row']}: {column} is “{cell_of(row[column])}”, but the log recorded "
                f"“{cell_of(value)}” (entry {entry}). The row does not show what was recorded.",
            )


def check_kind(
    name: str, rule: dict[str, Any], rows: list[dict[str, Any]], log: Log, taken: set[int], unstated: set[str]
) -> str:
    """Each leaf of the kind has its row and each row its leaf, and they agree. Rows whose leaf was erased are counted.

    ``taken`` are the leaves that rows of other registers have. Adds the columns of which a leaf says nothing.
    """
    at = {one.place: one for one in log.leaves}
    places = [row[rule["place"]] for row in rows]
    once = len(set(places)) == len(places) and not taken & set(places)
    need(once, f"registers/{name}.csv: two rows name the same entry of the log. A row was added or changed.")
    taken.update(places)
    wanted = {one.place for one in log.inside if one.says is not None and one.says["kind"] == rule["kind"]}
    for place in sorted(wanted - set(places)):
        raise Bad(f"registers/{name}.csv: entry {place} of the log has no row here. A row was taken out or changed.")
    erased = 0
    for row, place in zip(rows, places):  # noqa: B905 - as many, and Python 3.9 has no strict
        need(
            place in at,
            f"registers/{name}.csv: a row names an entry that is not one of the period. The row was added or changed.",
        )
        says = at[place].says
        if says is None:
            erased += 1
        else:
            need(
                place in wanted,
                f"registers/{name}.csv: a row names entry {place} of the log, which is about something else. The row was added or changed.",
            )
            check_row(name, statements_of(rule, says), row, unstated)
    return f"{len(rows) - erased} rows" + (f", {erased} more whose log entry was erased" if erased else "")


def keys_of(says: dict[str, Any], paths: Iterable[str]) -> list[tuple[str, ...]]:
    """What names the rows that an act is about: one, or with ``each:PATH`` one for each word there, its version left out.

    None where the leaf does not say.
    """
    keys: list[tuple[str, ...]] = [()]
    for path in paths:
        value = fact(says, path.removeprefix("each:"))
        if value is None or value is ABSENT:
            return []
        words = [word.partition("/")[0] for word in str(value).split()] if path.startswith("each:") else [str(value)]
        keys = [(*key, one) for key in keys for one in words]
    return keys


class Stated(NamedTuple):
    """What the log says of rows, by their keys: by column the place of the last act that states it, what that says, and its entry.

    ``begun`` is the place of the act from which a row follows, where it is shown. ``free`` are the columns that an erased act
    stated last, each with that act.
    """

    says: dict[RowKey, dict[str, tuple[int, Any, str]]]
    begun: dict[RowKey, int]
    free: dict[RowKey, dict[str, Erased]]

    def of(self, key: RowKey) -> Statements:
        """What is compared with the row."""
        return {column: (value, entry) for column, (_place, value, entry) in self.says.get(key, {}).items()}


def stated_of(name: str, rule: dict[str, Any], log: Log, gaps: Gaps) -> Stated:
    """What the act says from which each row follows, then the acts that state a column again; of each column the last one counts.

    An erased act takes part at its place: what every act of its kind says of a column is said, and the other columns that
    acts of its kind state are free until a later act that is shown states them. Raises Bad where it cannot have been an act
    about the row.
    """
    paths, later = rule["key"].values(), rule.get("later", {})
    stated = Stated({}, {}, {})
    for place, says in reversed(log.placed(rule["act"])):
        for key in keys_of(says, paths):
            stated.begun[key] = place
            stated.says[key] = {column: (place, *one) for column, one in statements_of(rule, says).items()}
    lost = gaps.of_rule(name, rule)
    for place, says in log.placed(*later):
        again = later[says["act"]]
        for key in keys_of(says, [again["key"][column] for column in rule["key"]]):
            if key in stated.begun or gaps.says_act:
                said = stated.says.setdefault(key, {})
                said.update({column: (place, *one) for column, one in statements_of(again, says).items()})
    for key, erased in lost.items():
        for one in sorted(erased, key=lambda one: one.place):
            take_out(f"{name} {' '.join(key)}", rule, stated, key, one)
    return stated


def take_out(row: str, rule: dict[str, Any], stated: Stated, key: RowKey, erased: Erased) -> None:
    """What an erased act states of a row is not compared, but for what every act of its kind says. Raises as ``stated_of``."""
    place, act, later = erased.place, erased.act, rule.get("later", {})
    said = stated.says.setdefault(key, {})
    is_first = act == rule["act"] or (act is None and key not in stated.begun)
    if is_first:
        earlier = [at for at, _value, _entry in said.values() if at < place]
        is_so = key not in stated.begun and not earlier
    else:
        # The list of a pack of the form before names an act about a case for each deadline of it, also for those that began later.
        is_so = place > stated.begun.get(key, -1) or (act is None and "along" in rule)
    need(
        is_so,
        f"{MISSING}: it names the erased entry {place} for the row {row}, which {'has acts before it' if is_first else 'began after it'}. "
        "The entry was about something else, and the row may be changed.",
    )
    if is_first:
        columns = dict(rule["columns"])
    elif act is None:
        columns = {column: "" for again in later.values() for column in again["columns"]}
    else:
        columns = dict(later.get(act, {"columns": {}})["columns"])
    for column, path in columns.items():
        if said.get(column, (-1,))[0] > place:
            continue
        if act is not None and path.startswith(("is:", "word:")):
            said[column] = (place, fact({}, path), str(place))
            stated.free.get(key, {}).pop(column, None)
        else:
            said.pop(column, None)
            stated.free.setdefault(key, {})[column] = erased


def is_of_period(rule: dict[str, Any], says: dict[str, Any], period: tuple[str, str], *, begins: bool) -> bool:
    """Whether an act states an instant in the period, by which its row belongs to the register of the period.

    An act with which a row ``begins`` and that states no instant (older releases did not write it) counts by its own: the row
    was written within a minute before it.
    """
    paths = {**rule["key"], **rule["columns"]}
    found = [fact(says, path) for column, path in paths.items() if column.endswith("_at") and path[:3] != "is:"]
    times = [one for one in found if isinstance(one, str)]
    if begins and not times:
        start, at, end = (instant(one) for one in (period[0], says["at"], period[1]))
        return start + 60_000 <= at < end
    return any(period[0] <= one < period[1] for one in times)


def check_act(
    name: str, rule: dict[str, Any], rows: list[dict[str, Any]], log: Log, gaps: Gaps, unstated: set[str]
) -> tuple[str, dict[RowKey, set[str]]]:
    """Each row is what the acts say that it follows from, and each act that states an instant of the period has its row.

    A row without a value in the key follows from no such act, where there may be rows without one. An act whose instants lie
    outside the period may be without a row, if that is named. Adds the columns of which a leaf says nothing. Returns what was
    compared, and by row the columns that only an erased act states.
    """
    columns, paths = list(rule["key"]), list(rule["key"].values())
    lost, stated = gaps.of_rule(name, rule), stated_of(name, rule, log, gaps)
    acts = Counter(key for says in log.acts(rule["act"]) for key in keys_of(says, paths))
    count, without, needs = 0, 0, rule.get("needs")
    seen: Counter[RowKey] = Counter()
    for row in rows:
        if any(row[column] is None for column in columns):
            need(
                not rule.get("whole"),
                f"registers/{name}.csv: a row is empty in a column that names it. No entry of the log can be found for it, so it may be invented.",
            )
            continue
        count += 1
        key = tuple(str(row[column]) for column in columns)
        seen[key] += 1
        most = max(acts[key], 1) if rule.get("each") else 1 if len(key) == 1 else seen[key]
        need(seen[key] <= most, f"registers/{name}.csv: a row is there twice. One was added.")
        check_row(name, stated.of(key), row, unstated)
        if key not in stated.begun:
            without += 1
            is_named = any(one.act in {None, rule["act"]} for one in lost.get(key, ()))
            named = not (rule.get("whole") or (needs and row[needs] is not None)) or is_named
            need(
                named,
                f"registers/{name}.csv: no entry of the log states the row {' '.join(key)}, and MISSING.csv names none as erased. The row may be invented or changed.",
            )
        gaps.used.update(one.name for one in lost.get(key, ()))
    inside = [one.says for one in log.inside if one.says is not None]
    brought: dict[RowKey, bool] = {}
    for says in inside:
        if says.get("act") == rule["act"]:
            for key in keys_of(says, paths):
                brought[key] = brought.get(key, False) or is_of_period(rule, says, log.period, begins=True)
        again = rule.get("later", {}).get(says.get("act"))
        if again and is_of_period(again, says, log.period, begins=False):
            brought.update((key, True) for key in keys_of(says, [again["key"][column] for column in columns]))
    gone = sorted(set(brought) - set(seen))
    for key in gone:
        need(
            not brought[key],
            f"registers/{name}.csv: the row {' '.join(key)} is not there, but the log has an act about it in the period. The row was taken out or changed.",
        )
        named = rule.get("part") or " ".join((name, *key)) in gaps.rows
        need(
            named,
            f"registers/{name}.csv: the row {' '.join(key)} is not there, and MISSING.csv does not name it. The row was taken out or changed.",
        )
        gaps.used.add(" ".join((name, *key)))
    found = [f"{count - without} rows by {rule['act']}"]
    found += [f"{without} more without a log entry in the pack"] if without else []
    found += [f"{len(gone)} acts of other days without a row"] if gone else []
    return ", ".join(found), {key: set(columns) for key, columns in stated.free.items()}


def act_of(one: Erased) -> str:
    """Which act an erased entry was, and who says so: releases before form 5 of a pack did not record it."""
    if one.act is None:
        return "which act is not given"
    return one.act if one.is_logged else f"{one.act}, as MISSING.csv says; the log does not name it"


def not_compared(name: str, key: RowKey, erased: list[Erased], free: set[str]) -> str:
    """A line about a row of which acts were erased: the columns that nothing shows any more, and the entries."""
    entries = ", ".join(f"entry {one.place} ({act_of(one)})" for one in erased)
    what = f"not compared: {', '.join(sorted(free))}" if free else "compared in every column that the log states"
    return f"- {name}, row {' '.join(key)}: {what}; erased: {entries}"


#: As the value of a column: the act that states it last was erased.
LOST = object()


def lives_of(log: Log, rule: dict[str, Any], lost: dict[RowKey, list[Erased]]) -> dict[RowKey, dict[str, Any]]:
    """Of each deadline (owner, kind, rule, start) its due date and its end, as the last act states them.

    ABSENT where that act does not say, LOST where it was erased. A deadline whose start was corrected may have taken over an
    end: ABSENT, too.
    """
    acts = rule["along"]["acts"]
    lives: dict[RowKey, dict[str, Any]] = {}
    owners: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    gone: dict[int, list[tuple[RowKey, str | None]]] = {}
    for key, erased in lost.items():
        for one in erased:
            gone.setdefault(one.place, []).append((key, one.act))
    shown = dict(log.placed(rule["act"], *acts))
    for place in sorted({*shown, *gone}):
        for key, lost_act in gone.get(place, ()):
            leave_open(lives, owners, key, lost_act, begins=lost_act == rule["act"])
        if place not in shown:
            continue
        facts, act = shown[place]["facts"], shown[place]["act"].rpartition(".")[2]
        running = owners.setdefault(facts["owner"], {})
        named = {word.partition("/")[0] for word in str(facts.get("rules", "")).split()}
        dues = dict(word.rpartition("=")[::2] for word in str(facts.get("dues", "")).split())
        if act == "started":
            for rule_key in named:
                life = {"due_at": ABSENT, "stopped_at": None}
                running[facts["kind"], rule_key] = life
                lives[facts["owner"], facts["kind"], rule_key, facts["started_at"]] = life
        for (kind, rule_key), life in running.items():
            due = f"{kind}/{rule_key}"
            if facts.get("kind", kind) != kind or (rule_key not in named and due not in dues):
                continue
            life["due_at"] = dues.get(due, ABSENT)
            if act == "stopped" and life["stopped_at"] in (None, ABSENT):
                life["stopped_at"] = facts["stopped_at"]
            elif act == "corrected":
                life["stopped_at"] = ABSENT
    return lives


def leave_open(
    lives: dict[RowKey, dict[str, Any]],
    owners: dict[str, dict[tuple[str, str], dict[str, Any]]],
    key: RowKey,
    act: str | None,
    *,
    begins: bool,
) -> None:
    """What an erased act leaves open of a deadline: how its due date is written, and its end where acts of its kind state one."""
    owner, kind, rule_key, _started_at = key
    if begins:
        lives[key] = owners.setdefault(owner, {})[kind, rule_key] = {"due_at": LOST, "stopped_at": None}
    elif key in lives:
        lives[key]["due_at"] = LOST
        if act is None or act.endswith((".stopped", ".corrected")):
            lives[key]["stopped_at"] = LOST


def check_deadlines(rows: list[dict[str, Any]], log: Log, rule: dict[str, Any], gaps: Gaps) -> dict[RowKey, set[str]]:
    """Each deadline is due and ended as the last act says. One whose start was corrected ended then, or as another of its owner.

    Returns by deadline the columns that only an erased act states.
    """
    lost = gaps.of_rule("clocks", rule)
    lives = lives_of(log, rule, lost)
    corrected: dict[RowKey, set[str]] = {}
    ends = {(says["facts"]["owner"], says["facts"]["stopped_at"]) for says in log.acts("law.clock.stopped")}
    for says in log.acts("law.clock.corrected"):
        began = (says["facts"]["owner"], says["facts"]["kind"], says["facts"]["began_at"])
        corrected.setdefault(began, set()).add(says["at"])
    free: dict[RowKey, set[str]] = {}
    for row in rows:
        key = (row["owner"], row["kind"], row["rule_key"], row["started_at"])
        if key not in lives:
            continue
        due, end = lives[key]["due_at"], lives[key]["stopped_at"]
        free[key] = {column for column, value in lives[key].items() if value is LOST}
        is_corrected = row["ended"] == "corrected"
        taken_over = (row["owner"], row["stopped_at"]) in ends
        if end is LOST:
            is_so = True
        elif is_corrected:
            moments = corrected.get((row["owner"], row["kind"], row["started_at"]), set())
            is_so = bool(moments) and (taken_over or row["stopped_at"] in moments)
        else:
            is_so = row["stopped_at"] in (None, end) or taken_over if end is ABSENT else row["stopped_at"] == end
        need(
            is_so,
            f"registers/clocks.csv, row {row['row']}: stopped_at is not the end that the log recorded last. The deadline was changed.",
        )
        is_due = is_corrected or due in (ABSENT, LOST, row["due_at"])
        need(
            is_due,
            f"registers/clocks.csv, row {row['row']}: due_at is not the date that the log recorded last. The deadline was changed.",
        )
    found: dict[RowKey, set[str]] = {}
    for row in rows:
        found.setdefault((row["owner"], row["kind"], row["started_at"], row["rule_key"]), set()).add(row["ended"])
    for case, ended in found.items():
        is_said = "corrected" in ended or case[:3] not in corrected
        need(
            is_said,
            f"registers/clocks.csv: the log recorded that the start of a deadline of {case[0]} was wrong, but its row does not say so. The row was changed.",
        )
    return free


def read_missing(files: dict[str, bytes]) -> Missing:
    """The list of what is missing: each thing once, and for a reason that packs know."""
    heads, *lines = csv.reader(io.StringIO(files[MISSING].decode(), newline=""))
    is_so = heads == ["kind", "name", "why"] and all(len(line) == 3 for line in lines)
    need(
        is_so and csv_of([heads, *lines]) == files[MISSING],
        f"{MISSING}: it is not written as packs write it. It was changed after the pack was made.",
    )
    found: Missing = {kind: {} for kind in (*REASONS, *FREE)}
    for number, (kind, name, why) in enumerate(lines, 1):
        row = f"{MISSING}, row {number} ({kind}, {name})"
        need(kind in found, f"{row}: a pack names nothing of this kind as missing. The row was added.")
        need(name not in found[kind], f"{row}: it is named twice. A row was added.")
        codes = [code for code, words in REASONS.get(kind, {}).items() if words == why]
        need(codes or kind in FREE, f"{row}: a pack knows no such reason. Why it is missing is not shown.")
        found[kind][name] = codes[0] if codes else ""
    return found


def read_bare(missing: Missing, log: Log, *, says_act: bool) -> dict[str, list[Erased]]:
    """The rows of which acts were erased, as the list of what is missing names them: each with entries of its own without content.

    ``says_act``: the list says which act each was; the record of the erasure says the same or nothing.
    """
    found: dict[str, list[Erased]] = {}
    of_one = set()
    for name in missing["statement of a row"]:
        row, _space, number = name.rpartition(" ")
        row, _space, act = row.rpartition(" ") if says_act else (row, "", None)
        place = int(number)
        need(
            place in log.erased,
            f"MISSING.csv: it names entry {place} as erased for the row {row}, but the entry was not erased. The row may be invented.",
        )
        recorded = log.erased[place]
        need(
            act is None or recorded in (None, act),
            f"MISSING.csv: it names the erased entry {place} as the act {act} about the row {row}, but its erasure was recorded as that of {recorded}. The row may be changed.",
        )
        found.setdefault(row, []).append(Erased(place, act or recorded, name, recorded is not None))
        # One act starts the deadlines of several rules, and one corrects a case and its deadline.
        register, first = row.split(" ")[:2]
        of_one.add((place, act, first.rpartition(":")[2]) if says_act else (place, register, first))
    need(
        len({place for place, *_row in of_one}) == len(of_one),
        "MISSING.csv: one erased entry is named for two rows. One of the rows may be invented.",
    )
    twice = [
        row
        for row, erased in found.items()
        if len({one.place for one in erased}) < len(erased) or (not says_act and len(erased) > 1)
    ]
    need(not twice, f"{MISSING}: a row is named with two erased entries. One was added.")
    return found


def check_registers(
    files: dict[str, bytes], manifest: dict[str, Any], log: Log, missing: Missing
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """Every register against the log, as far as leaves state it; returns the rows, and what was compared and what not."""
    there = {path[10:].rpartition(".")[0] for path in files if path.startswith("registers/")}
    counts = manifest["registers"]
    need(
        there == set(counts) == set(STATED) == set(REGISTERS),
        "registers/: a register is missing, or one is too many. The pack was changed.",
    )
    says_act = manifest["format"] == PACK_FORMAT
    gaps = Gaps(set(missing["row"]), read_bare(missing, log, says_act=says_act), set(), says_act)
    registers: dict[str, list[dict[str, Any]]] = {}
    taken: set[int] = set()
    compared, others = [], []
    for name in sorted(counts):
        rows = registers[name] = read_register(files, name, counts[name])
        check_days(name, rows, manifest["period"])
        if not STATED[name]:
            others.append(name)
            continue
        found, known, erased = [], set(), []
        for rule in STATED[name]:
            unstated: set[str] = set()
            along = rule.get("along", {"columns": ()})
            if "kind" in rule:
                found.append(check_kind(name, rule, rows, log, taken, unstated))
            else:
                what, free = check_act(name, rule, rows, log, gaps, unstated)
                found.append(what)
                ended = check_deadlines(rows, log, rule, gaps) if "acts" in along else {}
                erased += [
                    not_compared(name, key, entries, {*free.get(key, ()), *ended.get(key, ())})
                    for key, entries in sorted(gaps.of_rule(name, rule).items())
                ]
            known |= {rule.get("place"), *rule.get("key", ()), *rule["columns"], *along["columns"]} - unstated
        if not rows:
            found = ["no rows", *(one.partition(", ")[2] for one in found if ", " in one)]
        left = [column for column in rows[0] if column not in known] if rows else []
        compared.append(
            f"- {name}: {'; '.join(found)}" + (f"; columns not compared: {', '.join(left)}" if left else "")
        )
        compared += erased
    for one in sorted((gaps.rows | set(missing["statement of a row"])) - gaps.used):
        raise Bad(f"{MISSING}: it names {one}, but nothing of the registers is missing there. The row was added.")
    without = "Registers not compared, because no log entry states their rows: "
    return registers, ["Registers compared with the log:", *compared, without + ", ".join(others)]


def check_stated(files: dict[str, bytes], manifest: dict[str, Any], log: Log, missing: Missing) -> None:
    """Controls, policy map and reports have the hashes that the log states of them."""
    days = manifest["period"]
    stated = {
        (says["facts"].get("report"), says["facts"].get("from"), says["facts"].get("to"), says["facts"].get("sha256"))
        for says in log.acts("evidence.report.made")
    }
    for path in (CONTROLS, POLICY_MAP):
        made = (path, days["from"], days["to"], hashlib.sha256(files[path]).hexdigest())
        need(
            made in stated,
            f"{path}: the log recorded another content for this period. The file was changed afterwards.",
        )
    reports = {path[:-5] for path in files if re.fullmatch(r"reports/\d{4}-\d\d-[a-z_-]+\.json", path)}
    need(
        {path for path in files if path.startswith("reports/")}
        == {f"{one}.{end}" for one in reports for end in ("csv", "json")},
        "reports/: a report is there in one form only. A file was taken out or added.",
    )
    lacking = dict(missing["report"])
    for month in whole_months(days):
        for code in REPORTS:
            is_named = lacking.pop(f"{month} {code}", "") == "failed"
            there = f"reports/{month}-{code}" in reports
            need(
                there or is_named,
                f"reports/{month}-{code}.csv: the report is not there, and MISSING.csv does not name it. It was taken out.",
            )
            need(
                not (there and is_named),
                f"{MISSING}: the report {code} of {month} is named as missing, but it is there. The row was added.",
            )
    need(
        lacking in ({}, {"part of a month": "part"}),
        f"{MISSING}: it names reports that the period does not have. A row was added.",
    )
    known = {(report, first[:7], sha256) for report, first, _last, sha256 in stated if first}
    for path in sorted(reports):
        data = files[f"{path}.json"]
        need(
            (path[16:], path[8:15], hashlib.sha256(data).hexdigest()) in known,
            f"{path}.json: the log recorded another content of this report. The report was changed afterwards.",
        )
        tables = json.loads(data.decode())
        lines = [line for table in tables for line in ([table["title"]], table["heads"], *table["rows"], [])]
        need(
            csv_of(lines) == files[f"{path}.csv"],
            f"{path}.csv: it does not say the same as {path}.json. One of them was changed.",
        )


REPORTS = ("grievances", "requests", "consents", "kyc", "transparency", "incidents", "retention", "access", "logins")


def whole_months(days: dict[str, Any]) -> list[str]:
    """The months of which every day is in the period and over."""
    found, first, last = [], day_of(days["from"]), day_of(days["to"])
    month = first if first.day == 1 else (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    end = last if "until" in days else last + timedelta(days=1)
    while (following := (month + timedelta(days=32)).replace(day=1)) <= end:
        found.append(f"{month:%Y-%m}")
        month = following
    return found


def instant(text: Any) -> int:
    """Milliseconds of an instant from a register."""
    need(
        isinstance(text, str) and re.fullmatch(MOMENT, text, re.ASCII),
        "registers/clocks.csv: a time is not written as packs write it. The row was changed.",
    )
    hours, minutes, seconds, thousandths = (
        int(text[at : at + size]) for at, size in ((11, 2), (14, 2), (17, 2), (20, 3))
    )
    return (((day_of(text[:10]).toordinal() * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def case_of(row: dict[str, Any], start: int, end: int) -> str | None:
    """What a deadline is in a period: met, missed or running; None where it is no case of it.

    A due date is late when its last second is over. A start that was wrong makes no case, nor does what was owed no more.
    """
    stopped = None if row["stopped_at"] is None else instant(row["stopped_at"])
    late = instant(row["due_at"]) + 1000
    if row["ended"] == "corrected" or instant(row["started_at"]) >= end or (stopped is not None and stopped < start):
        return None
    if stopped is None or stopped >= end:
        stood_still = row["state"] == "paused" and instant(row["paused_at"]) < late
        return "missed" if end >= late and not stood_still else "running"
    if stopped >= late:
        return "missed"
    return None if row["ended"] == "withdrawn" else "met"


def check_controls(
    files: dict[str, bytes], manifest: dict[str, Any], registers: dict[str, list[dict[str, Any]]]
) -> str:
    """Controls of law counted again from the deadlines of the pack, measures judged again by their evidence; says how many."""
    body, (start, end) = read_row(files[CONTROLS]), bounds(manifest["period"])
    about = body["about"]
    need(
        (about["start"], about["end"]) == (start, end),
        "controls.json: it is about another period than the pack. It was changed, or is of another pack.",
    )
    counted = 0
    need_every_control(body, registers, (start, end))
    for control in body["law"]:
        code, wrong = (
            control["code"],
            f"controls.json, control {control['code']}: registers/clocks.csv gives another state or other cases. The control or the deadlines were changed.",
        )
        cases: dict[str | None, list[str]] = {"met": [], "missed": [], "running": [], None: []}
        for row in registers["clocks"]:
            if code in {row["rule_key"], row["extended_by"]}:
                cases[case_of(row, instant(start), instant(end))].append(str(row["row"]))
        met, missed, running = (len(cases[kind]) for kind in ("met", "missed", "running"))
        if control["derived_from"] == "registers/clocks":
            state = "missed" if missed else "met" if met else "no_case"
            numbers = (control["met"], control["missed"], control["running"], control["population"])
            need((control["state"], *numbers) == (state, met, missed, running, met + missed), wrong)
            need(control["missed_rows"] == [f"clocks:{row}" for row in cases["missed"]], wrong)
            counted += 1
        else:
            need(control["state"] in {"not_a_deadline", "not_measured"} and not met + missed + running, wrong)
    for control in body["measures"]:
        rows = [row for row in registers["book_measure"] if row["code"] == control["code"]]
        judged = {judged_by(row["evidence_on"], about["evidence_months"], end) for row in rows}
        need(
            (control["state"], control["last_evidence"]) in judged,
            f"controls.json, measure {control['code']}: registers/book_measure.csv gives another state. The control or the register was changed.",
        )
        counted += 1
    return f"Controls counted again from the registers: {counted} of {len(body['law']) + len(body['measures'])}"


def cases_of(clocks: list[dict[str, Any]]) -> set[str]:
    """The rules under which a deadline counts."""
    return {key for row in clocks for key in (row["rule_key"], row["extended_by"])}


def need_every_control(
    body: dict[str, Any], registers: dict[str, list[dict[str, Any]]], period: tuple[str, str]
) -> None:
    """No duty of law that had a case is left out, no measure that holds at the end, and none is there twice."""
    start, end = map(instant, period)
    rules = {row["key"] for row in registers["legal_rules"]}
    cases = {
        key
        for row in registers["clocks"]
        for key in (row["rule_key"], row["extended_by"])
        if key in rules and case_of(row, start, end)
    }
    held = {
        row["code"]
        for row in registers["book_measure"]
        if row["answer"] == "approved"
        and instant(row["starts_at"]) < end
        and (row["ends_at"] is None or instant(row["ends_at"]) > end)
    }
    for part, wanted in (("law", cases), ("measures", held)):
        codes = [control["code"] for control in body[part]]
        need(len(set(codes)) == len(codes), "controls.json: a control is there twice. One was added.")
        for code in sorted(wanted - set(codes)):
            raise Bad(
                f"controls.json: the control {code} is not there, though the registers have a case of it. It was "
                "taken out."
            )
    known = rules | cases_of(registers["clocks"])
    for control in body["law"]:
        need(
            control["code"] in known,
            f"controls.json, control {control['code']}: registers/legal_rules.csv does not have its rule. The control was added, or the rule taken out.",
        )


def judged_by(evidence_on: str | None, months: int, end: str) -> tuple[str, str | None]:
    """The state of a measure at the end of a period, and the instant of its evidence: midnight in India of its day."""
    if evidence_on is None:
        return "missing", None
    at = day_of(evidence_on)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    days = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    until = date(year, month + 1, min(at.day, days))
    shown = day_of(end[:10]) + timedelta(days=1 if end[11:] >= "18:30" else 0)  # the day of that instant in India
    return "fresh" if until >= shown else "stale", f"{at - timedelta(days=1)}T18:30:00.000Z"


def check_letters(
    files: dict[str, bytes], messages: list[dict[str, Any]], manifest: dict[str, Any], missing: Missing
) -> None:
    """Each text of a letter is the one that a message names by its hash, and each that was sent in the period is there or named.

    A notification of the program of a recipient has no text; such kinds are named as what they are.
    """
    start, end = bounds(manifest["period"])
    notified = set()
    sent = {(row["kind"], row["template_language"], row["template_sha256"]) for row in messages}
    left = set(missing["letter"])
    for row in messages:
        if row["sent_at"] is not None and start <= row["sent_at"] < end:
            if row["channel"] == "webhook" and not row["template_sha256"] and manifest["format"] == PACK_FORMAT:
                notified.add(row["kind"])
                continue
            name = f"{row['kind']}.{row['template_language']}.{row['template_sha256'][:12]}"
            there = f"letters/{name}.txt" in files
            need(
                there or name in missing["letter"],
                f"letters/{name}.txt: this text was sent in the period, but it is not there, and MISSING.csv does not name it. It was taken out.",
            )
            left -= set() if there else {name}
    need(
        notified == set(missing["recipient notification"]),
        f"{MISSING}: the notifications of recipients that it names are not those of registers/messages.csv. A row was added or taken out.",
    )
    for name in sorted(left):
        raise Bad(
            f"{MISSING}: it names the message {name}, which is there or was not sent in the period. The row was added."
        )
    for path in sorted(path for path in files if path.startswith("letters/")):
        kind, language = path[8:].rsplit(".", 3)[:2]
        whole = hashlib.sha256(files[path]).hexdigest()
        same = path == f"letters/{kind}.{language}.{whole[:12]}.txt"
        need(same, f"{path}: its content does not have the SHA-256 of its name. The text was changed.")
        need(
            (kind, language, whole) in sent,
            f"{path}: registers/messages.csv has no message with this text. The text was added.",
        )


#: By the type of a file how its name ends.
ENDS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


#: A browser reads a whole pack into memory: so many bytes of one attachment, of all, and so many files are in one.
LARGEST, IN_ALL, MOST = 25 * 1024 * 1024, 200 * 1024 * 1024, 2_000
#: Records of these kinds may be about people: their files are in no pack.
OF_PEOPLE = ("registers.authorityorder", "registers.incident", "registers.incidentduty")


def is_left_out(row: dict[str, Any], why: str, total: int, count: int) -> bool:
    """Whether the reason for which an attachment is left out is true of its row and of the files before it."""
    if why == "destroyed":  # its end is compared with the act of the log
        return row["ended_at"] is not None
    if why == "people":
        return row["about"].partition(":")[0] in OF_PEOPLE
    if why == "size":
        return bool(row["size"] > LARGEST)
    if why == "full":
        return total + row["size"] > IN_ALL or count == MOST
    return why in REASONS["attachment"]


def check_attachments(files: dict[str, bytes], rows: list[dict[str, Any]], log: Log, missing: Missing) -> str:
    """The file of each attachment is the one that its row and its leaf state, or it is left out for a reason that is true of
    it; says how many. That a role may not export it, or that a stored file is damaged, is for its operator to say.
    """
    left = missing["attachment"]
    stated = {says["facts"]["reference"]: says["facts"] for says in log.acts("registers.attachment.added")}
    known, total, held = set(), 0, 0
    for row in rows:
        reference = row["reference"]
        path = f"{ATTACHED}{reference}.{ENDS.get(row['media_type'])}"
        known.add(path)
        if path not in files:
            need(
                reference in left,
                f"attachments/: the file of {reference} is not there, and MISSING.csv does not name it. It was taken out.",
            )
            is_so = is_left_out(row, left[reference], total, held)
            need(
                is_so,
                f"{MISSING}: the reason for which the attachment {reference} is left out is not true of it. The file may be hidden.",
            )
            continue
        need(
            reference not in left,
            f"MISSING.csv: it names the attachment {reference} as left out, but its file is there. The row was added.",
        )
        found = (hashlib.sha256(files[path]).hexdigest(), len(files[path]))
        need(
            found == (row["sha256"], row["size"]),
            f"{path}: it is not the file of its row in registers/attachments.csv. The file or the row was changed.",
        )
        need(reference in stated, f"{path}: no entry of the log states this file. It may have been added.")
        facts = stated[reference]
        need(
            found == (facts["sha256"], facts["size"]),
            f"{path}: it is not the file that the log recorded. It was exchanged.",
        )
        total, held = total + len(files[path]), held + 1
    for path in sorted(path for path in files if path.startswith(ATTACHED)):
        need(path in known, f"{path}: registers/attachments.csv has no row for it. The file was added.")
    references = {row["reference"] for row in rows}
    need(
        set(left) <= references,
        "MISSING.csv: it names an attachment that registers/attachments.csv does not have. The row was added.",
    )
    by_command = "command" in left.values()
    need(
        not by_command or not (held or "role" in left.values()),
        f"{MISSING}: it says that a command made the pack, which exports no files, but the pack contains some. A reason was changed.",
    )
    counted = Counter(left.values())
    why = ", ".join(f"{code} {counted[code]}" for code in REASONS["attachment"] if code in counted)
    return f"Attachments: {held} files as the log recorded them, {len(left)} left out" + (f" ({why})" if why else "")


def check_erased(missing: Missing, log: Log) -> int:
    """The list of what is missing names each entry that was erased, and no other; returns how many."""
    erased = [str(one.place) for one in log.leaves if one.says is None]
    is_so = list(missing["erased record"]) == erased
    need(
        is_so,
        "MISSING.csv: the erased entries that it names are not those of ledger/leaves.jsonl. A row was added or taken out.",
    )
    return len(erased)


def check_lacking(files: dict[str, bytes], manifest: dict[str, Any], missing: Missing, log: Log) -> None:
    """The list of what is missing names what controls and policy map show to be lacking and what is not in the pack; no more."""
    controls, policy = read_row(files[CONTROLS]), read_row(files[POLICY_MAP])
    lacking = {
        "measure": [one["code"] for one in controls["measures"] if one["state"] in {"missing", "missed"}],
        "duty of law": [one["code"] for one in controls["law"] if one["state"] in {"missing", "missed"}],
        # Packs of the form before call it red.
        "promise": [one["key"] for one in policy["promises"] if one["state"] in {"not_shown", "red"}],
        "program": [] if "verify.html" in files else ["verify.html"],
    }
    sample = manifest["sample"]
    short = sample["size"] - len(log.inside)
    lacking["sample"] = [f"{short} receipts"] if short > 0 else []
    lacking["sample"] += [one for one in sample["drawn"] if f"{SAMPLES}drawn/{one}.txt" not in files]
    drawn = (says["facts"]["reference"] for says in log.acts(DRAWN))
    lacking["sample"] += [one for one in drawn if missing["sample"].get(one) == "days"]  # check_drawn has checked these
    for kind, names in lacking.items():
        need(
            set(missing[kind]) == set(names),
            f"{MISSING}: it does not name the same things of the kind “{kind}” as the files of the pack. Something may be hidden.",
        )


def check_events(files: dict[str, bytes], manifest: dict[str, Any], trust: Trust) -> None:
    """Each event of a person's file is the record that its receipt proves; the others were erased, and only those."""
    events = [read_row(line) for line in files[EVENTS].splitlines()]
    proved = {row["proof"]: row for row in events if row["proof"]}
    need(
        set(proved) == {path for path in files if path.startswith(PROOFS)},
        "events.jsonl: an event has no receipt in proofs/, or a receipt has no event. One was added or taken out.",
    )
    need(
        (len(proved), len(events)) == (manifest["records"], manifest["records"] + manifest["missing"]),
        "events.jsonl: manifest.json counts another number of events. One was added or taken out.",
    )
    for path, row in proved.items():
        found = check_receipt(files[path], trust)
        need(
            found.note == files[CHECKPOINT],
            "proofs/: a receipt belongs to another checkpoint than ledger/checkpoint.txt. It was exchanged.",
        )
        same = (found.place, found.leaf.hex(), found.payload.get("event_id")) == (
            row["leaf"],
            row["leaf_hash"],
            row["entry"],
        )
        need(
            same,
            f"events.jsonl, event {row['number']}: its receipt is of another entry of the log. The event was changed.",
        )
        said = found.payload.get("act", "consent.answer." + str(found.payload.get("event")))
        need(
            said == row["act"] and found.payload["recorded_at"] == row["recorded_at"],
            f"events.jsonl, event {row['number']}: its receipt says something else. The event was changed.",
        )
    lines = "".join(f"{row['entry']} {row['leaf_hash']}\n" for row in events)
    need(
        hashlib.sha256(lines.encode()).hexdigest() == manifest["events_sha256"],
        "events.jsonl: manifest.json names other events. They are not those that were signed off.",
    )


def draw(population: list[str], method: str, size: int, seed: int) -> list[str]:
    """The sample, drawn again: the lowest by SHA-256 over seed, colon and item; or each k-th; or the first ones."""
    size = min(size, len(population))
    if method == "random":
        ranked = sorted(population, key=lambda one: (hashlib.sha256(f"{seed}:{one}".encode()).hexdigest(), one))
        return ranked[:size]
    need(method in {"every", "first"}, "The sample was drawn in an unknown way.")
    step = max(1, len(population) // size) if size and method == "every" else 1
    start = seed % step if method == "every" else 0
    return population[start::step][:size]


def check_draw(files: dict[str, bytes], sample: dict[str, Any], records: list[str], shown: list[str]) -> None:
    """The sample is the one that the seed draws from every record with its content, and its receipts are there."""
    told = read_row(files[DRAW])
    need(
        files[POPULATION] == "".join(f"{one}\n" for one in records).encode(),
        "samples/population.txt: it is not the list of the entries of the period. The sample was drawn from something else.",
    )
    same = told["population_sha256"] == hashlib.sha256(files[POPULATION]).hexdigest()
    need(same and told["population_size"] == len(records), "The sample names another population.")
    asked = (told["method"], told["size"], told["seed"]) == ("random", sample["size"], sample["seed"])
    need(
        asked,
        "samples/sample.json: method, size or seed are not those of manifest.json. The sample was not drawn as asked.",
    )
    chosen = draw(records, told["method"], told["size"], told["seed"])
    need(
        told["chosen"] == chosen,
        "samples/sample.json: the seed draws other entries. The sample may have been chosen by hand.",
    )
    need(
        sorted(chosen, key=int) == shown,
        "samples/: the receipts are not those of the entries drawn. One was added or taken out.",
    )


def check_drawn(
    files: dict[str, bytes],
    manifest: dict[str, Any],
    log: Log,
    registers: dict[str, Any],
    missing: Missing,
) -> list[str]:
    """Each frozen sample is the one that its leaf states and its seed draws; its rows are those of the register in the pack.

    Each that was drawn in the period is there, but for those of rows of other days. Returns a line about each.
    """
    stated = {says["facts"]["reference"]: says["facts"] for says in log.acts(DRAWN)}
    references, days = manifest["sample"]["drawn"], manifest["period"]
    must = manifest["format"] == PACK_FORMAT
    left = check_left_out(stated, references, log, days, missing if must else None)
    paths = {f"{SAMPLES}drawn/{reference}.{end}" for reference in references for end in ("json", "txt")}
    need(
        {path for path in files if path.startswith(f"{SAMPLES}drawn/")} <= paths,
        "samples/drawn/: a sample is there that manifest.json does not name. It was added.",
    )
    found = []
    for reference in references:
        path = f"{SAMPLES}drawn/{reference}"
        if f"{path}.txt" not in files:
            need(
                f"{path}.json" not in files,
                f"samples/drawn/{reference}.txt: it is not there. The sample cannot be drawn again.",
            )
            why, facts = missing["sample"].get(reference), stated.get(reference, {})
            need(
                not (why == "unknown" and facts) and not (why == "lost" and facts.get("kept")),
                f"{MISSING}: the reason for which the sample {reference} is left out is not true of it. The sample may be hidden.",
            )
            found.append(f"Sample {reference}: named as missing")
            continue
        told, rows, population = read_row(files[f"{path}.json"]), files[f"{path}.txt"], []
        population = [line.decode() for line in lines_of(rows)]
        need(
            reference in stated,
            f"samples/drawn/{reference}.json: the log has no act of this drawing. The sample may be invented.",
        )
        facts = {
            **stated[reference],
            "population_size": stated[reference]["population"],
            "population_sha256": stated[reference]["sha256"],
        }
        names = (
            "reference",
            "register",
            "from",
            "to",
            "method",
            "size",
            "seed",
            "population_size",
            "population_sha256",
        )
        need(
            all(told[name] == facts[name] for name in names),
            f"samples/drawn/{reference}.json: the log recorded another sample. It was changed.",
        )
        same = told["population_sha256"] == hashlib.sha256(rows).hexdigest()
        need(same and told["population_size"] == len(population), f"The sample {reference} has another population.")
        need(
            told["chosen"] == draw(population, told["method"], told["size"], told["seed"]),
            f"samples/drawn/{reference}.json: the seed draws other rows. They may have been chosen by hand.",
        )
        found.append(
            f"Sample {reference}: {len(told['chosen'])} of {len(population)} rows of {told['register']}"
            + compare_population(files, told, population, registers, days)
        )
    return [*found, *left]


def check_left_out(
    stated: dict[str, dict[str, Any]], references: list[str], log: Log, days: dict[str, Any], missing: Missing | None
) -> list[str]:
    """The samples that were drawn in the period and that the manifest does not name: each named, and of rows of other days.

    ``missing`` is None for a pack of the form before, which held those alone that were asked for. Returns a line about each.
    """
    found = []
    inside = {one.says["facts"]["reference"] for one in log.inside if one.says and one.says.get("act") == DRAWN}
    for reference in sorted(inside - set(references)):
        if missing is None:
            found.append(f"Sample {reference}: drawn in the period and not in the pack. Ask for it")
            continue
        facts = stated[reference]
        need(
            missing["sample"].get(reference) == "days"
            and not (days["from"] <= facts["from"] and facts["to"] <= days["to"]),
            f"samples/drawn/{reference}.json: the log recorded the drawing of this sample in the period, but it is not there. It was taken out.",
        )
        found.append(f"Sample {reference}: drawn in the period from rows of other days, named as missing")
    return found


def compare_population(
    files: dict[str, bytes],
    told: dict[str, Any],
    population: list[str],
    registers: dict[str, Any],
    days: dict[str, Any],
) -> str:
    """How the rows of a sample's population compare with those of the register in the pack, in words."""
    name = told["register"]
    if name not in registers or (told["from"], told["to"]) != (days["from"], days["to"]) or "until" in days:
        return ", of other days than the pack"
    lines = lines_of(files[f"registers/{name}.jsonl"])
    now = {
        str(row["row"]): (str(row.get("reference") or ""), hashlib.sha256(line).hexdigest())
        for row, line in zip(registers[name], lines)  # noqa: B905
    }
    changed = gone = 0
    for item in population:
        number, reference, sha256 = (*item.split(","), "", "")[:3]
        if number not in now:
            gone += 1
        else:
            need(
                not sha256 or reference == now[number][0],
                f"registers/{name}.csv, row {number}: the frozen sample has another reference for this row. One of them was changed.",
            )
            changed += sha256 != now[number][1]
    come = len(now) - (len(population) - gone)
    return f", of which {changed} were changed and {gone} erased since, and {come} came later"


def check_files(files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    """The files are those of the manifest, to the byte, in the order of their names."""
    listed = {row["path"]: row for row in manifest["files"]}
    need(
        len(listed) == len(manifest["files"]) and list(listed) == sorted(listed),
        "manifest.json: it names a file twice or out of order. It was changed.",
    )
    need(
        set(files) == set(listed) | {MANIFEST, MANIFEST_RECEIPT},
        "manifest.json: it does not name the files of the pack. A file was added or taken out.",
    )
    need(
        list(files) == sorted(files, key=str.encode),
        "The files of the pack are in another order than packs have. It was packed again.",
    )
    for path, row in listed.items():
        same = len(files[path]) == row["bytes"] and hashlib.sha256(files[path]).hexdigest() == row["sha256"]
        need(same, f"{path}: manifest.json names another content. The file was changed.")


KNOWN = {MISSING, CONTROLS, POLICY_MAP, LEAVES, OTHERS, PROOF, CHECKPOINT, DRAW, POPULATION, MANIFEST, MANIFEST_RECEIPT}
#: Files for people of which nothing in the log tells.
FOR_PEOPLE = ("00-summary.pdf", "README.txt", "verify.html", "verify.py")


def check_names(files: dict[str, bytes]) -> None:
    """The pack holds no file that this program does not know."""
    known = r"(registers/[a-z_]+\.(csv|jsonl)|reports/[a-z0-9_-]+\.(csv|json)|letters/[^/]+\.txt|samples/\d{9,}\.tlog-proof|samples/drawn/[A-Z0-9-]+\.(json|txt)|attachments/[A-Z0-9-]+\.(pdf|jpg|png))"
    for path in sorted(set(files) - KNOWN - set(FOR_PEOPLE)):
        need(re.fullmatch(known, path, re.ASCII), f"{path}: packs have no such file. It was added.")


def check_pack(data: bytes, trust: Trust, receipt: bytes | None) -> str:
    """Everything a pack claims; returns lines about what was found, and what it does not cover.

    Raises Older for a pack of an earlier release, and Superseded with the lines for one of the form before that was sealed
    when this one was in use.
    """
    files = read_pack(data)
    need(
        MANIFEST in files and MANIFEST_RECEIPT in files,
        "manifest.json: it is not there. Without it nothing of the pack can be checked.",
    )
    manifest = read_row(files[MANIFEST])
    form = manifest.get("format")
    if form in OLDER_FORMATS:
        raise Older(
            f"This pack is of an older form ({form}). Check it with a trusted copy of the program of that release, "
            "which is in the pack too."
        )
    of_person = form == FILE_FORMAT
    need(
        of_person or form in {PACK_FORMAT, FORMAT_BEFORE},
        "manifest.json: this program does not know this form of pack. Use the program of the release that made it.",
    )
    check_files(files, manifest)
    sealed = check_receipt(files[MANIFEST_RECEIPT], trust)
    stands, said = sealed.payload.get("act") == "evidence.manifest.sealed", sealed.payload.get("facts", {})
    need(
        stands and said.get("sha256") == hashlib.sha256(files[MANIFEST]).hexdigest(),
        "manifest.tlog-proof: it is not the receipt of manifest.json. The manifest was changed, or is of another pack.",
    )
    origin, size, root = read_checkpoint(files[CHECKPOINT], trust)
    need(
        sealed.origin == origin == manifest["origin"],
        "ledger/checkpoint.txt: it is of another log than the manifest. The pack is put together from two.",
    )
    if receipt is not None:
        whole = check_receipt(receipt, trust).payload
        act = "evidence.file.made" if of_person else "evidence.pack.made"
        made, digest = whole.get("act") == act, whole.get("facts", {}).get("sha256")
        need(
            made and digest == hashlib.sha256(data).hexdigest(),
            "The receipt is of another pack. Take the receipt that came with this one.",
        )
    if of_person:
        check_events(files, manifest, trust)
        return (
            f"File {manifest['file']} as of {manifest['as_of']}: {len(manifest['files'])} files, "
            f"{manifest['records']} events proved and "
            f"{manifest['missing']} erased. Log {origin}, {size} entries when it was signed"
        )
    check_names(files)
    stated_root = {"size": size, "root": base64.b64encode(root).decode()}
    need(
        manifest["checkpoint"] == stated_root,
        "manifest.json: it names another checkpoint than ledger/checkpoint.txt. One of them was changed.",
    )
    days = manifest["period"]
    need(
        (said.get("from"), said.get("to")) == (days["from"], days["to"]),
        "manifest.json: the log recorded other days for it. The period was changed.",
    )
    log = check_log(files, manifest, size, root)
    missing = read_missing(files)
    erased = check_erased(missing, log)
    records = [str(one.place) for one in log.inside]
    counted = manifest["missing" if form == FORMAT_BEFORE else "erased_entries"]
    need(
        (len(records), erased) == (manifest["records"], counted),
        "manifest.json: it counts another number of entries than ledger/leaves.jsonl. Entries were added or taken out.",
    )
    receipts = [path for path in sorted(files) if path.startswith(SAMPLES) and path.endswith(".tlog-proof")]
    samples = [check_receipt(files[path], trust) for path in receipts]
    check_draw(files, manifest["sample"], records, [str(one.place) for one in samples])
    need(
        all(one.note == files[CHECKPOINT] for one in samples),
        "samples/: a receipt belongs to another checkpoint than ledger/checkpoint.txt. It was exchanged.",
    )
    registers, compared = check_registers(files, manifest, log, missing)
    check_stated(files, manifest, log, missing)
    counted = check_controls(files, manifest, registers)
    check_letters(files, registers["messages"], manifest, missing)
    attached = check_attachments(files, registers["attachments"], log, missing)
    drawn = check_drawn(files, manifest, log, registers, missing)
    check_lacking(files, manifest, missing, log)
    line = (
        f"Pack of {days['from']} to {days.get('until', days['to'])}: {len(manifest['files'])} files, "
        f"{len(records)} log entries of the "
        f"period and {erased} erased, {len(samples)} receipts of the sample. Log {origin}, {size} entries when it "
        "was signed"
    )
    unproved = f"Not proved by the log, only unchanged since the pack was made: {', '.join(one for one in FOR_PEOPLE if one in files)}"
    older = [f"{OF_FORM_BEFORE} ({form})"] if form == FORMAT_BEFORE else []
    lines = "\n".join([line, *older, *drawn, counted, attached, *compared, *explained(log), unproved])
    return in_form_of_its_day(lines, str(form), sealed.payload["recorded_at"])


def in_form_of_its_day(lines: str, form: str, sealed_at: str) -> str:
    """The lines about a pack; raises Superseded with them where it was sealed when a newer form was in use."""
    sealed_on = sealed_at[: len(FORM_SINCE)]
    if form == FORMAT_BEFORE and sealed_on >= FORM_SINCE:
        raise Superseded(
            f"Sealed on {sealed_on}, and packs of the form {PACK_FORMAT} are made since {FORM_SINCE}. Ask for one "
            f"of the same days. {lines}"
        )
    return lines


def explained(log: Log) -> list[str]:
    """Lines about entries whose times are out of order, of which two people have agreed how that came."""
    return [
        f"Explained by two people: times out of order among the entries {says['facts']['first']} to "
        f"{says['facts']['last']} of the log ({says['facts']['cause']})"
        for says in log.acts("ledger.anomaly.explained")
    ]


def answer(path: str, trust: Trust, receipt: str | None) -> str:
    """Check a file, whichever kind it is; returns a line about it."""
    data = Path(path).read_bytes()
    if data[:2] == b"PK":
        return check_pack(data, trust, None if receipt is None else Path(receipt).read_bytes())
    need(data[:5] != b"%PDF-", "What a PDF shows cannot be proved. Give the .tlog-proof file that is attached to it.")
    is_document = data.lstrip()[:1] == b"{"
    found, unproved = check_document(data, trust) if is_document else (check_receipt(data, trust), "")
    line = f"entry {found.place} of the log {found.origin}, which had {found.size} entries when it was signed: {json.dumps(found.payload)}"
    return line + (f" (the readable part says the same; proved by nothing: {unproved})" if unproved else "")


def main() -> int:
    """Parse, check, say, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="the pack (.zip) or receipt (.tlog-proof or .json), as you got it")
    parser.add_argument("--vkey", action="append", default=[], help="a public key of the log; repeat it for several")
    parser.add_argument(
        "--witness", action="append", default=[], help="the key of a witness that must have signed the log as well"
    )
    parser.add_argument("--receipt", help="the receipt of the whole pack, which came beside it")
    given, say = parser.parse_args(), sys.stdout.write
    try:
        trust = Trust(tuple(map(read_key, given.vkey)), tuple(read_key(one, 4) for one in given.witness))
    except Bad as error:
        say(f"The key cannot be used: {error}\n")
        return USAGE
    try:
        line = answer(given.file, trust, given.receipt)
    except OSError as error:
        say(f"The file cannot be read: {error.strerror}\n")
        return USAGE
    except Older as error:
        say(f"NOT CHECKED: {error}\n")
        return USAGE
    except Superseded as error:
        say(f"SUPERSEDED{'' if trust.logs else ', NOT AUTHENTICATED (give --vkey)'}: {error}\n")
        return SUPERSEDED
    except (Bad, KeyError, TypeError, ValueError, AttributeError, RecursionError, IndexError) as error:
        say(f"REFUSED: {error if isinstance(error, Bad) else 'The file is damaged.'}\n")
        return REFUSED
    say(f"{'HOLDS' if trust.logs else 'CONSISTENT, NOT AUTHENTICATED (give --vkey)'}: {line}\n")
    return HOLDS if trust.logs else NOT_AUTHENTICATED


if __name__ == "__main__":
    sys.exit(main())
