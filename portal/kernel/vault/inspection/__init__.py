"""Uploaded files, looked at in a child process with hard limits. No Django here: the child starts fast and knows no key."""
