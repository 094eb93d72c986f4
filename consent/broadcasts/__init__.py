"""Broadcasts: segments, approval, dispatch by channel, and how they are stopped."""
