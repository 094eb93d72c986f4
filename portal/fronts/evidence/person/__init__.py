"""The one-person file: everything that happened to one person, as of any instant, from the ledger's own entries."""
