"""Whether programs with one schema can read what was written with another, and if not, which field stands against it.

Rules of the three kinds of schemas, pure; what levels and versions ask of them is ``session.schemas``' business.
"""

from workbench.serde.schemas.compatibility.base import Difference
from workbench.serde.schemas.compatibility.table import unreadable

__all__ = ["Difference", "unreadable"]
