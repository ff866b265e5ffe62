"""What opens over the window: dialogs, popovers, the command palette, the first steps. GUI thread.

Each is made, and its module imported, when it is asked for.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from workbench.ui.canvas.coach import Coach
from workbench.ui.window.parts import WindowParts


class Dialogs(QObject):
    """See the module."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self.coach: Coach | None = None

    def samples(self) -> None:
        from workbench.ui.dialogs.samples import SamplesDialog

        dialog = SamplesDialog(self._window)
        dialog.chosen.connect(self._window.files.open_sample)
        dialog.open()

    def export(self) -> None:
        from workbench.ui.dialogs.export import ExportDialog

        ExportDialog(self._window.workspace, self._window, self._window.strip.view.chosen_range).open()

    def attach(self) -> None:
        from workbench.ui.dialogs.attach import AttachDialog

        AttachDialog(self._window.workspace, self._window).open()

    def clients(self) -> None:
        """Open the popover of the Clients button; close it when it is open."""
        from workbench.ui.panels.clients.popover import ClientsPopover

        window = self._window
        open_ = window.findChild(ClientsPopover)
        if open_ is not None:
            open_.close()
            return
        popover = ClientsPopover(window.workspace, window.settings, window)
        popover.place_under(window.topbar.clients if window.topbar.clients.isVisible() else window.topbar)
        popover.show()
        popover.raise_()
        next(iter(popover.rows.values())).address.setFocus()

    def encodings(self) -> None:
        from workbench.ui.dialogs.encoding_bench import EncodingBench

        EncodingBench(self._window.workspace, self._window).open()

    def file_size(self) -> None:
        """Open the popover of the file's size over the status bar; close it when it is open."""
        from workbench.ui.dialogs.file_size import SizePopover

        window = self._window
        open_ = window.findChild(SizePopover)
        if open_ is not None:
            open_.close()
            return
        SizePopover(window.workspace, window).open_over(window.status.file)

    def deleted_topics(self) -> None:
        from workbench.ui.dialogs.deleted_topics import DeletedTopicsDialog

        DeletedTopicsDialog(self._window.workspace, self._window).open()

    def replay(self, group: str) -> None:
        from workbench.ui.panels.replay.preview import open_replay_preview

        open_replay_preview(self._window.workspace, self._window, group)

    def preferences(self) -> None:
        from workbench.ui.dialogs.preferences import PreferencesDialog

        dialog = PreferencesDialog(self._window.settings, self._window, self._window.workspace)
        dialog.finished.connect(lambda _: self._window.appearance.mark())
        dialog.open()

    def keys(self) -> None:
        from workbench.ui.dialogs.keys import KeysSheet

        KeysSheet(self._window.actions_book, self._window).open()

    def about(self) -> None:
        from workbench.ui.dialogs.about import AboutDialog

        AboutDialog(self._window).open()

    def guide(self) -> None:
        from workbench.ui.dialogs.guide import GuideDialog

        GuideDialog(self._window).show()

    def commands(self) -> None:
        from workbench.ui.dialogs.command_palette import CommandPalette

        window = self._window
        palette = CommandPalette(window.workspace, window.actions_book, window)
        palette.node_chosen.connect(self._go_to_node)
        palette.topic_chosen.connect(window.show_records)
        palette.place_chosen.connect(window.show_place)
        palette.open_over(window.topbar)

    def _go_to_node(self, node_id: str) -> None:
        self._window.workspace.select({node_id})
        self._window.canvas.show_node(node_id)
        self._window.canvas.setFocus()

    def tour(self) -> None:
        """The four first steps, over the canvas."""
        if self.coach is None:
            self.coach = Coach(self._window.canvas)
            self.coach.finished.connect(self._end_tour)
        self.coach.show()

    def _end_tour(self) -> None:
        """All steps are done, or it was closed; it is gone a moment later at the latest."""
        self._window.settings.toured = True
        if self.coach is not None and not self.coach.isVisible():
            self.coach = None
