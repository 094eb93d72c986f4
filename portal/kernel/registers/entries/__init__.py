"""The entries of all other registers: processing, measures, DPIAs, officers, findings."""
