"""The text of a file in which a policy comes, without its styles and with its numbers. Plain Python, for the confined child."""
