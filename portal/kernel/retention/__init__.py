"""How long each record is kept, holds, erasure of a person, runs and certificates."""
