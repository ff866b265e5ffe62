"""Export of a session: records and journal, streamed into a file that appears only when it is whole."""

from workbench.session.export.base import ExportFormat, What
from workbench.session.export.formats import format_for, format_named
from workbench.session.export.forms import bytes_of
from workbench.session.export.writing import Exported, export, export_records, write_items

__all__ = [
    "ExportFormat", "Exported", "What", "bytes_of", "export", "export_records", "format_for", "format_named",
    "write_items",
]
