"""Where people and programs come in. No front imports another."""
