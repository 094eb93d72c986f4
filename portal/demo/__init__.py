"""The demonstration: a story of a company with its data, and the simulators it needs."""
