"""Asking for consent: who is asked what, when consent is renewed, reminders."""
