"""A customer's case: which documents are needed, which checks are made, what is still missing."""
