"""Values whose schema is known: their bytes read as values and as JSON forms, and written from forms."""

from workbench.serde.by_schema.base import SchemaSerde
from workbench.serde.by_schema.table import serde_of

__all__ = ["SchemaSerde", "serde_of"]
