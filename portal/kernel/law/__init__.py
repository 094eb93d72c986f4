"""Rules of law and internal rules as dated rows, and the deadlines that are counted by them."""
