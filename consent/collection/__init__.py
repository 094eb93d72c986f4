"""The ways by which consent comes in: pages, paper, calls, replies, browsers, consent managers."""
