"""Icons, style, sample flows and lessons; imported as ``workbench.resources``."""
