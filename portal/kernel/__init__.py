"""What every domain stands on. A room imports only rooms below it; `pyproject.toml` holds their order."""
