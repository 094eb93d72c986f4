"""QA reviews of decisions, drawn at random."""
