"""The life of a grievance: intake, conversation, answer, appeal, rating, tracking."""
