"""Sign-in of staff and customers: codes, passkeys, the company's provider, sessions, change of addresses."""
