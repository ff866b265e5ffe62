"""Values every room shares: records, errors, clock, changes, snapshot. Standard library only."""
