"""Changing the books: always by two people."""
