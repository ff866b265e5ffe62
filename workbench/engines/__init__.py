"""One seam for every system: the embedded broker and, later, the six foreign ones behind the same Protocol."""
