"""Recipients and processors, what they were told to do, disclosures."""
