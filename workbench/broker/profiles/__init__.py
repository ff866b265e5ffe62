"""Profiles: the rules of six systems in one table, how they write places, and the page made of it."""
