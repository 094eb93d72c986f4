"""The customers' privacy pages."""
