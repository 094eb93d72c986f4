"""Encrypted files and keys, the inspection of files of strangers, backups and restores."""
