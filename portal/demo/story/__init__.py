"""The story that the demonstration tells, built through the services of every room.

The same seed gives the same people, choices, states and dates relative to the start; salts, keys, tokens and references
stay random. What happened lies in the past (``occurred_at``); what the portal wrote down is stamped by the real clock.
"""
