"""Which queue a task goes to, what beat runs, and how often.

Seconds are technical intervals; the law's periods are rows in ``portal.kernel.law``.
"""

from typing import Any, Final

from celery.schedules import crontab

from portal.limits import QUEUES

#: Which queue a task goes to; any other goes to ``default``.
ROUTES: Final[dict[str, dict[str, str]]] = {
    # Somebody waits for these in front of a page: never behind a letter, or behind a server that is slow to answer.
    "portal.signin.tasks.send_code": {"queue": "codes"},
    "portal.signin.tasks.send_password_link": {"queue": "codes"},
    "consent.tasks.send_stop_code": {"queue": "codes"},
    "grievances.tasks.send_waiting_codes": {"queue": "codes"},
    "consent.tasks.carry_on_broadcasts": {"queue": "bulk"},  # a message somebody waits for must not wait for these
    "kyc.tasks.ask_provider": {"queue": "default"},  # waits for others
    "kyc.tasks.read_pictures": {"queue": "ocr"},  # seconds a page: checks must not wait behind it
    "kyc.tasks.screen": {"queue": "bulk"},
    "kyc.tasks.*": {"queue": "kyc"},
    "portal.ledger.tasks.ask_witnesses": {"queue": "default"},  # these wait for others: the sealer must not
    "portal.ledger.tasks.renew_copies": {"queue": "default"},
    "portal.ledger.tasks.*": {"queue": "ledger"},
    "portal.outbox.tasks.*": {"queue": "notify"},
    "portal.jobs.tasks.*": {"queue": "bulk"},
}

#: Seconds after which a task that no worker took is dropped, so that a stopped worker does not wake up to a pile of it. A
#: moment by the clock of the process that sent it: never less than twice the minute by which the clocks of two machines may
#: differ, or a worker whose clock is ahead would drop what is new. Sealing has none: an entry must never wait for a clock.
EXPIRES: Final = 120.0

#: Tasks sorted by name.
BEAT: dict[str, dict[str, Any]] = {
    "audit-verify-all": {"task": "portal.audit.tasks.verify_all", "schedule": crontab(hour="2", minute="20")},
    "audit-verify-new": {
        "task": "portal.audit.tasks.verify_new",
        "schedule": crontab(minute="10"),
        "options": {"expires": 3000},
    },
    "evidence-attach-earlier": {
        "task": "portal.evidence.tasks.attach_earlier",
        "schedule": crontab(hour="4", minute="10"),
    },
    "evidence-make-reports": {"task": "portal.evidence.tasks.make_reports", "schedule": crontab(hour="4", minute="25")},
    "grievances-count-mail": {"task": "grievances.tasks.count_mail", "schedule": crontab(hour="3", minute="40")},
    "grievances-fetch-mail": {
        "task": "grievances.tasks.fetch_mail",
        "schedule": 120.0,
        "options": {"expires": EXPIRES},
    },
    "grievances-send-waiting-codes": {
        "task": "grievances.tasks.send_waiting_codes",
        "schedule": 30.0,
        "options": {"expires": EXPIRES},
    },
    "grievances-settle-claims": {
        "task": "grievances.tasks.settle_claims",
        "schedule": crontab(minute="5-59/10"),
        "options": {"expires": 500},
    },
    "grievances-sweep": {
        "task": "grievances.tasks.sweep",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 500},
    },
    "jobs-sweep": {"task": "portal.jobs.tasks.sweep", "schedule": 30.0, "options": {"expires": EXPIRES}},
    "law-sweep": {"task": "portal.law.tasks.sweep", "schedule": 60.0, "options": {"expires": EXPIRES}},
    "consent-announce-what-is-due": {
        "task": "consent.tasks.announce_what_is_due",
        "schedule": crontab(minute="25"),
        "options": {"expires": 3000},
    },
    "consent-carry-on-broadcasts": {
        "task": "consent.tasks.carry_on_broadcasts",
        "schedule": 5.0,
        "options": {"expires": EXPIRES},
    },
    "consent-record-deferred-opt-outs": {
        "task": "consent.tasks.record_deferred_opt_outs",
        "schedule": 10.0,
        "options": {"expires": EXPIRES},
    },
    "consent-end-what-is-over": {"task": "consent.tasks.end_what_is_over", "schedule": crontab(minute="*/15")},
    "consent-find-sends-after-withdrawals": {
        "task": "consent.tasks.find_sends_after_withdrawals",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "consent-give-late-notices": {
        "task": "consent.tasks.give_late_notices",
        "schedule": crontab(hour="5", minute="15"),
    },
    "consent-remind-who-ends-soon": {
        "task": "consent.tasks.remind_who_ends_soon",
        "schedule": crontab(minute="25"),
        "options": {"expires": 3000},
    },
    "consent-end-old-lists": {"task": "consent.tasks.end_old_lists", "schedule": crontab(minute="45")},
    "consent-seal-states": {
        "task": "consent.tasks.seal_states",
        "schedule": crontab(minute="35"),
        "options": {"expires": 3000},
    },
    "consent-sum-up-answers": {
        "task": "consent.tasks.sum_up_answers",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "kyc-draw-second-looks": {"task": "kyc.tasks.draw_second_looks", "schedule": crontab(minute="25")},
    "kyc-end-old-take-overs": {"task": "kyc.tasks.end_old_take_overs", "schedule": crontab(hour="4", minute="50")},
    "kyc-end-what-was-held": {"task": "kyc.tasks.end_what_was_held", "schedule": crontab(hour="4", minute="55")},
    "kyc-renew": {"task": "kyc.tasks.renew", "schedule": crontab(minute="55"), "options": {"expires": 3000}},
    "kyc-screen": {"task": "kyc.tasks.screen", "schedule": 60.0, "options": {"expires": EXPIRES}},
    "kyc-settle-changed": {"task": "kyc.tasks.settle_changed", "schedule": crontab(hour="0", minute="10")},
    "kyc-sweep": {"task": "kyc.tasks.sweep", "schedule": 30.0, "options": {"expires": EXPIRES}},
    "kyc-watch-signers": {"task": "kyc.tasks.watch_signers", "schedule": crontab(hour="4", minute="35")},
    "ledger-ask-witnesses": {
        "task": "portal.ledger.tasks.ask_witnesses",
        "schedule": 10.0,
        "options": {"expires": EXPIRES},
    },
    "ledger-finish-redactions": {
        "task": "portal.ledger.tasks.finish_redactions",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "ledger-renew-copies": {
        "task": "portal.ledger.tasks.renew_copies",
        "schedule": 10.0,
        "options": {"expires": EXPIRES},
    },
    "ledger-seal": {"task": "portal.ledger.tasks.seal", "schedule": 1.0},
    "outbox-sweep": {"task": "portal.outbox.tasks.sweep", "schedule": 5.0, "options": {"expires": EXPIRES}},
    "registers-end-attachments": {
        "task": "portal.registers.tasks.end_attachments",
        "schedule": crontab(hour="4", minute="15"),
    },
    "registers-look-at-books": {
        "task": "portal.registers.tasks.look_at_books",
        "schedule": crontab(hour="4", minute="5"),
    },
    "registers-tell-of-orders": {"task": "portal.registers.tasks.tell_of_orders", "schedule": crontab(minute="50")},
    "registers-try-links": {"task": "portal.registers.tasks.try_links", "schedule": crontab(hour="4", minute="15")},
    "registers-forget-inbound": {"task": "portal.registers.tasks.forget_inbound", "schedule": crontab(minute="35")},
    "registers-settle-incidents": {
        "task": "portal.registers.tasks.settle_incidents",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "outbox-sweep-numbers": {"task": "portal.outbox.tasks.sweep_numbers", "schedule": crontab(minute="40")},
    "retention-carry-on": {
        "task": "portal.retention.tasks.carry_on",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 800},
    },
    "retention-look-at-reports": {
        "task": "portal.retention.tasks.look_at_reports",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "retention-run": {"task": "portal.retention.tasks.run_retention", "schedule": crontab(hour="3", minute="10")},
    "signin-finish-address-changes": {
        "task": "portal.signin.tasks.finish_address_changes",
        "schedule": 300.0,
        "options": {"expires": 295.0},
    },
    "signin-note-waiting-wrong-codes": {
        "task": "portal.signin.tasks.note_waiting_wrong_codes",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "signin-send-waiting-invitations": {
        "task": "portal.signin.tasks.send_waiting_invitations",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "signin-sweep-address-changes": {
        "task": "portal.signin.tasks.sweep_address_changes",
        "schedule": crontab(hour="3", minute="7"),
    },
    "signin-sweep-codes": {"task": "portal.signin.tasks.sweep_codes", "schedule": crontab(minute="50")},
    "signin-sweep-sessions": {"task": "portal.signin.tasks.sweep_sessions", "schedule": crontab(hour="3", minute="5")},
    "workplace-send-digests": {
        "task": "portal.workplace.tasks.send_digests",
        "schedule": crontab(hour="9", minute="0"),
    },
    "workplace-watch-health": {
        "task": "portal.workplace.tasks.watch_health",
        "schedule": 60.0,
        "options": {"expires": EXPIRES},
    },
    "vault-sweep": {
        "task": "portal.vault.tasks.sweep",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 500},
    },
}

#: A sign of life of each queue (``QUEUES``): beat, broker and a worker of it all work.
BEAT |= {
    f"workplace-pulse-{queue}": {
        "task": "portal.workplace.tasks.pulse",
        "args": (queue,),
        "schedule": 60.0,
        "options": {"queue": queue, "expires": EXPIRES},
    }
    for queue in QUEUES
}

__all__ = ["BEAT", "ROUTES", "crontab"]
