"""May this be sent, may this be done? Decisions, their log and their signatures, list scrubs."""
