"""Certificates of issuers whose signatures are trusted."""
