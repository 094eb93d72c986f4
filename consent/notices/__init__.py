"""Texts of policies and notices: drafts, translations, publication, and telling people of changes."""
