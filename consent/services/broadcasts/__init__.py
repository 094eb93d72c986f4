"""One text to many people: proposed, agreed to by a second person, sent at a pace, and counted to the last one."""
