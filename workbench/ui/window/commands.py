"""The window's commands, by section: which name, words, keys and icon each has, and what it calls.

Only the table lives here; what is called lives in the parts of the window. Keys of the canvas are noted, not bound.
"""

from __future__ import annotations

from PySide6.QtGui import QKeySequence

from workbench.flow.kinds import KINDS
from workbench.flow.samples import samples
from workbench.ui.window.actions import ActionBook
from workbench.ui.window.toolbar import SPEEDS
from workbench.ui.window.whole import WholeWindow

Standard = QKeySequence.StandardKey


def add_early(book: ActionBook, window: WholeWindow) -> None:
    """Commands that need no canvas: the tool bar shows them."""
    tr, files, running = window.tr, window.files, window.running
    book.add("file.new", tr("New…"), files.new, Standard.New, "new", tip=tr("New workspace"))
    book.add("file.open", tr("Open…"), files.open, Standard.Open, "open", tip=tr("Open a workspace"))
    book.add("file.save_as", tr("Save a copy…"), files.save_as, "Ctrl+Shift+S", "save",
             tip=tr("Save a copy; the file itself is always saved"))
    book.add("file.import", tr("Import events…"), files.play_file, "Ctrl+I", "import",
             tip=tr("Draw a file of events, to be sent into a topic"))
    book.add("file.take_in", tr("Import an export…"), files.take_in,
             tip=tr("Take back what an export wrote, all of it or nothing"))
    book.add("file.export", tr("Export the session…"), window.dialogs.export, "Ctrl+E", "export")
    book.add("file.drawing", tr("Export the drawing…"), files.export_drawing)
    book.add("file.encodings", tr("Compare encodings…"), window.dialogs.encodings)
    book.add("file.size", tr("Size of the file…"), window.dialogs.file_size, tip=tr("How large it is, when to warn"))
    book.add("file.deleted", tr("Deleted topics…"), window.dialogs.deleted_topics, glyph="undo",
             tip=tr("Bring a deleted topic back, or let it go"))
    book.add("file.close", tr("Close"), window.close, Standard.Close)
    book.add("edit.undo", tr("Undo"), window.workspace.undo_stack.undo, Standard.Undo, "undo")
    book.add("edit.redo", tr("Redo"), window.workspace.undo_stack.redo, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo")
    book.add("run.start", tr("Run"), running.start, "F5", "run")
    book.add("run.pause", tr("Pause"), running.pause, "Shift+F5", "pause")
    book.add("run.step", tr("Step"), running.step, "F10", "step", tip=tr("One batch and one poll each, while paused"))
    book.add("run.stop", tr("Stop"), running.stop, "Ctrl+F5", "stop")
    for speed in SPEEDS:
        book.add(f"run.speed.{speed:g}", f"{speed:g}×", lambda speed=speed: running.set_speed(speed),
                 tip=tr("Run at {0} times the speed").format(f"{speed:g}"))
    book.add("tools.commands", tr("Search or run…"), window.dialogs.commands, ("Ctrl+K", "Ctrl+Shift+P"), "search")
    book.add("tools.preferences", tr("Preferences…"), window.dialogs.preferences, "Ctrl+,", "settings")
    book.add("tools.filter", tr("Filter records"), window.focus_filter, Standard.Find, "filter")
    book.add("tools.clients", tr("Serve clients…"), window.dialogs.clients, glyph="client")
    book.add("tools.attach", tr("Attach a system…"), window.dialogs.attach, glyph="plug",
             tip=tr("Look into Kafka, RabbitMQ, SQS or Kinesis"))
    book.add("help.tour", tr("Tour"), window.dialogs.tour, glyph="flow")
    book.add("help.keys", tr("All keys"), window.dialogs.keys, ("?", "Ctrl+F1"), "keyboard")
    book.add("help.guide", tr("Guide"), window.dialogs.guide, Standard.HelpContents, "help")
    book.add("help.about", tr("About"), window.dialogs.about, glyph="info")
    for sample in samples():
        book.add(f"sample.{sample.name}", sample.title, lambda s=sample: files.open_sample(s.name, s.title),
                 glyph="sample", tip=sample.summary)


def add_late(book: ActionBook, window: WholeWindow) -> None:
    """Commands of the canvas, the panels and the strip of time."""
    _canvas(book, window)
    _queues(book, window)
    _views(book, window)
    _replay(book, window)


def _canvas(book: ActionBook, window: WholeWindow) -> None:
    tr, view, acts = window.tr, window.canvas, window.canvas.acts
    book.note("edit.cut", tr("Cut"), acts.cut, "Ctrl+X", "cut")
    book.note("edit.copy", tr("Copy"), acts.copy, "Ctrl+C", "copy")
    book.note("edit.paste", tr("Paste"), acts.paste, "Ctrl+V", "paste")
    book.note("edit.duplicate", tr("Duplicate"), acts.duplicate, "Ctrl+D")
    book.note("edit.delete", tr("Delete"), acts.delete, "Del", "delete")
    book.note("edit.select_all", tr("Select all"), acts.select_all, "Ctrl+A")
    book.note("edit.rename", tr("Rename"), window.selected.rename, "F2", "rename")
    book.note("view.zoom_in", tr("Zoom in"), view.zoom_in, "Ctrl++")
    book.note("view.zoom_out", tr("Zoom out"), view.zoom_out, "Ctrl+-")
    book.note("view.actual", tr("Actual size"), view.zoom_actual, "Ctrl+1")
    book.note("view.fit", tr("Fit the drawing"), view.fit, "Ctrl+0", "fit")
    book.note("run.toggle", tr("Run or pause"), window.running.toggle, "Space")
    book.add("flow.tidy", tr("Tidy"), acts.tidy, "Ctrl+Shift+T", "tidy", tip=tr("Lay the drawing out in layers"))
    book.note("flow.panel", tr("Open its panel"), window.selected.open_panel, "Enter", "tear_off")
    book.note("flow.link", tr("Start a link"), window.selected.start_link, "L")
    for kind in KINDS.values():
        book.add(f"add.{kind.name}", tr("Add a {0}").format(kind.label.lower()),
                 lambda name=kind.name: view.place(name), glyph=kind.icon, tip=kind.help)


def _queues(book: ActionBook, window: WholeWindow) -> None:
    tr, acts = window.tr, window.queue_acts
    book.add("queue.messages", tr("Messages of the queue"), acts.messages, "Ctrl+Shift+M", "list")
    book.add("queue.receive", tr("Receive by hand…"), acts.receive, "Ctrl+Shift+R", "receive",
             tip=tr("Take messages of the selected queue by hand"))
    book.add("queue.redrive", tr("Redrive…"), acts.redrive, "Ctrl+Shift+D", "redrive",
             tip=tr("Send dead messages of the selected queue on"))
    book.add("queue.purge", tr("Purge…"), acts.purge, glyph="purge",
             tip=tr("Remove what waits in the selected queue; says first what is lost"))
    acts.follow(book)


def _views(book: ActionBook, window: WholeWindow) -> None:
    tr = window.tr
    for mode, text, glyph in (("light", tr("Light"), "light"), ("dark", tr("Dark"), "dark"),
                              ("system", tr("As the system"), "settings")):
        book.add(f"view.{mode}", text, lambda mode=mode: window.appearance.set_theme(mode), glyph=glyph, checkable=True)
    book.add("view.motion", tr("Less motion"), window.appearance.toggle_motion, checkable=True,
             tip=tr("No dots: links show their rate as width"))
    for number, page in zip((1, 2, 3, 4, 5, 6, 0), window.data_dock.pages, strict=True):
        book.add(f"panel.{page.key}", page.title, lambda key=page.key: window.show_data(key), f"Alt+{number}",
                 page.glyph)
    book.add("panel.parts", tr("Palette"), lambda: window.show_dock(window.parts_dock, "palette"), "Alt+7")
    book.add("panel.inspector", tr("Inspector"), lambda: window.show_dock(window.side_dock, "inspector"), "Alt+8")
    book.add("panel.lag", tr("Lag"), window.lag_dock.show, "Alt+9")
    book.add("panel.back", tr("Put torn-off pages back"), window.data_dock.put_all_back, glyph="pin")
    book.add("panel.next", tr("Next region"), window.focus_next_region, "F6")
    for name, text in (("design", tr("Design")), ("run", tr("Run")), ("investigate", tr("Investigate"))):
        book.add(f"layout.{name}", text, lambda name=name: window.layouts.use(name))
    book.add("layout.reset", tr("Reset"), lambda: window.layouts.use("run"), tip=tr("All panels as they were at first"))


def _replay(book: ActionBook, window: WholeWindow) -> None:
    tr, strip = window.tr, window.strip
    book.note("replay.group", tr("Replay the group…"), window.selected.replay, "R", "replay")
    book.add("replay.live", tr("Back to live"), strip.go_live, "End", "live", scope=strip)
    book.add("replay.start", tr("Start of the session"), strip.go_start, "Home", "start", scope=strip)
    book.add("replay.play", tr("Play or hold the past"), strip.toggle_play, "Ctrl+Space", "run")
    book.add("replay.previous", tr("Previous mark"), strip.previous_mark, "[", "step_back")
    book.add("replay.next", tr("Next mark"), strip.next_mark, "]", "step")
    book.add("replay.jump", tr("Go to a time…"), strip.ask_time, "Ctrl+Shift+G", "goto")
    book.add("replay.bookmark", tr("Bookmark this moment"), strip.bookmark, "Ctrl+M", "bookmark")
