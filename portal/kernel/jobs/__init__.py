"""Background jobs: exports and imports of lists, with progress, cancellation and result files."""
