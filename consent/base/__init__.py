"""Notices and their texts, rules of contact, choices and labels that all of consent needs."""
