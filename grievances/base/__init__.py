"""Models, choices, rules and readers of grievances that several capabilities need."""
