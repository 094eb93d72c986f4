"""The auditors' room: controls, policy map, samples, evidence packs, reports, person files."""
