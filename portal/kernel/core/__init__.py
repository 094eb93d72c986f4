"""What every room stands on. No tables of its own, and no import from any other room."""
