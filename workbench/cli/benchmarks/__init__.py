"""Measurements of this machine: each gives a ratio of ours against a peer, taken in one interleaved run."""
