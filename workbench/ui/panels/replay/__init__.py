"""Moving a group: the preview of a replay, what it leaves for undo, and the seek of one member."""
