"""The rules of the schema registry, above what is stored and what encodings know: see ``registry``."""

from workbench.session.schemas.deleting import Deleting
from workbench.session.schemas.draft import Draft, Metadata
from workbench.session.schemas.problems import IncompatibleSchema, RegistryError
from workbench.session.schemas.registry import Checked, Found, LookedAt, Registered, Registry
from workbench.session.schemas.resolution import Resolved, read_with
from workbench.session.schemas.settings import Settings

__all__ = [
    "Checked", "Deleting", "Draft", "Found", "IncompatibleSchema", "LookedAt", "Metadata", "Registered", "Registry",
    "RegistryError", "Resolved", "Settings", "read_with",
]
