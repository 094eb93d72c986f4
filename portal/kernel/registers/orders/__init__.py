"""Orders of authorities, answers, and when a person may be told."""
