"""Registered schemas in the workspace. What fits what is not decided here: the broker knows no encodings."""
