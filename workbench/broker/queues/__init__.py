"""Queues: the pure machine of leases, what joins it to log and file, and what is read from messages."""
