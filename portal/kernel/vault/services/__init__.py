"""What other rooms may do with encrypted files and texts."""
