"""Taking an export back into the workspace: how far it is, a cancel that leaves nothing, and what came of it.

The import runs on a worker and talks to the host as the command line does. A file that was imported before is said, and
taken once more only when the person says so. GUI thread.
"""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtWidgets import QProgressBar, QWidget

from workbench.core.errors import Cancelled, Refused, WorkbenchError
from workbench.flow import codec
from workbench.session.importing import Imported, import_file
from workbench.ui.bridge.letterbox import Letterbox
from workbench.ui.bridge.operation import Operation
from workbench.ui.bridge.workspace import Workspace
from workbench.ui.dialogs.sheet import Sheet
from workbench.ui.panels.parts.blocks import label, push_button
from workbench.ui.theme import words

_WIDTH = 420
_STEPS = 1000


class TakeInDialog(Sheet):
    """See the module. It begins at once."""

    def __init__(self, workspace: Workspace, source: Path, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Import {0}").format(source.name))
        self.setFixedWidth(_WIDTH)
        self._workspace = workspace
        self._source = source
        self._stop = threading.Event()
        self._told = Letterbox(self._show_progress, self)
        self.said = label("")
        self.said.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setAccessibleName(self.tr("How far the import is"))
        self.again = push_button(self.tr("Import it again"))
        self.again.clicked.connect(lambda: self._begin(again=True))
        self.close_button = push_button(self.tr("Cancel"))
        self.close_button.clicked.connect(self.reject)
        self.column.addWidget(self.said)
        self.column.addWidget(self.bar)
        self.add_foot(self.again, self.close_button)
        self._begin()

    def _begin(self, again: bool = False) -> None:
        workspace, source, stop, tell = self._workspace, self._source, self._stop, self._told.put
        self.said.setText(self.tr("Nothing of it is seen before all of it is there."))
        self.bar.show()
        self.again.hide()
        self.close_button.setText(self.tr("Cancel"))

        def work() -> Imported:
            return import_file(workspace, source, progress=lambda done, total: tell((done, total)),
                               cancelled=stop.is_set, again=again)

        Operation(self, work).done(self._show_done).failed(self._show_failed).run()

    def _show_progress(self, told: tuple[int, int]) -> None:
        done, total = told
        self.bar.setValue(_STEPS * done // max(1, total))

    def _show_done(self, done: Imported) -> None:
        text = self.tr("{0} into {1}.").format(words.plural(done.records, "record", "records"),
                                              words.plural(len(done.topics), "topic", "topics"))
        left_out = [self.tr("Left out: {0}").format(sentence) for sentence in done.left_out]
        self._end("\n".join([text, *left_out]))
        self._take_drawing()

    def _take_drawing(self) -> None:
        """The import brought a drawing into a file that had none."""
        document, text = self._workspace.document, self._workspace.reader().flow()
        if text and not document.nodes:
            drawn = codec.loads(text)
            document.replace_all(drawn.nodes, drawn.links, drawn.title)

    def _show_failed(self, error: WorkbenchError) -> None:
        if isinstance(error, Cancelled):
            return
        self._end(error.message if isinstance(error, Refused) else error.sentence())
        self.again.setVisible(isinstance(error, Refused) and "--again" in error.next_step)

    def _end(self, text: str) -> None:
        self.said.setText(text)
        self.bar.hide()
        self.close_button.setText(self.tr("Close"))

    def done(self, result: int) -> None:
        """Closed: what is under way ends, and leaves nothing."""
        self._stop.set()
        super().done(result)
