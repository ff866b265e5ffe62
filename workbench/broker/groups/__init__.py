"""Consumer groups: the pure machines, their coordinator, committed offsets, and what moves them."""
