"""Exchanges: what is declared and bound, where a message goes, and publishing through it."""
