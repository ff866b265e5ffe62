"""The journal: everything that happens, written, folded to a state, and read back."""
