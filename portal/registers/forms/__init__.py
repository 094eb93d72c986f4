"""What the staff's pages of this room ask."""
