"""The interface for clients' and providers' systems."""
