"""Every record of a topic: the table, its bar, its filter and the chosen record in full."""
