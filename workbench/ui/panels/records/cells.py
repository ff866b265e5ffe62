"""How a cell of the records table is painted: figures in mono, the key as a chip, grey bars while loading.

One delegate for all columns, so that a row is one look. Colours are asked of the theme at each paint. GUI thread.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workbench.core.keys import key_colour
from workbench.core.records import StoredRecord
from workbench.serde import Decoder
from workbench.ui.models.records import RecordsModel, key_text
from workbench.ui.theme import words
from workbench.ui.theme.theme import theme

ROW_HEIGHT = 24
PADDING = 10
NARROWEST_LETTER = 6.0
Index = QModelIndex | QPersistentModelIndex
_RIGHT = ("partition", "offset", "headers", "size")
_AT_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)  # joining flags is slow: once, not a cell
_AT_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)


def paint_key_chip(painter: QPainter, rect: QRectF, key: bytes | None, decoder: Decoder,
                   raised: str = "surface_raised", counts: bool = True) -> None:
    """A key as a chip at the left of ``rect``: a dot of its colour and its text; null and empty only in words. That of
    a record that does not count is grey."""
    look = theme()
    font = look.font("body", mono=True)
    text = key_text(key, decoder, 120)
    dot = 13 if key and counts else 0
    metrics = QFontMetrics(font)
    width = min(rect.width(), metrics.horizontalAdvance(text) + 13 + dot)
    chip = QRectF(rect.left(), rect.center().y() - 9, width, 18)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.color("line"), 1))
    painter.setBrush(look.color(raised))
    painter.drawRoundedRect(chip.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    if dot:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.key_colour(key_colour(key)))
        painter.drawEllipse(QRectF(chip.left() + 7, chip.center().y() - 3.5, 7, 7))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setFont(font)
    painter.setPen(look.color("text" if key and counts else "text_muted"))
    inner = chip.adjusted(7 + dot, 0, -4, 0)
    shown = words.cut(text, metrics, int(inner.width()) + 2)
    painter.drawText(inner, _AT_LEFT, shown)


class RecordCell(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, RecordsModel):
            return
        look, column = theme(), model.columns[index.column()]
        rect = QRectF(option.rect)
        record = model.record(index.row())
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, look.color("accent_soft"))
            if index.column() == 0:
                painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height()), look.color("accent"))
        elif record is not None and (colour := model.look(record)[0]):
            painter.fillRect(rect, look.color(f"{colour}_soft"))
        painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), look.color("line"))
        inner = rect.adjusted(PADDING + (2 if index.column() == 0 else 0), 0, -PADDING, 0)
        if record is not None:
            self._paint_record(painter, inner, record, column, model)
        elif model.is_removed(index.row()):
            self._paint_removed(painter, inner, column)
        else:
            self._paint_placeholder(painter, inner, column, index.row())
        painter.restore()

    def _paint_record(self, painter: QPainter, inner: QRectF, record: StoredRecord, column: str,
                      model: RecordsModel) -> None:
        if column == "key":
            if record.has_content:
                paint_key_chip(painter, inner, record.key, model.decoder(record), counts=record.counts)
            return
        font = theme().font("body", mono=True)
        painter.setFont(font)
        plain = column != "value"
        painter.setPen(theme().color("text" if plain and record.counts else "text_muted"))
        text = model.cell(record, column)
        if not plain or column in model.fields:
            in_sight = text[: int(inner.width() / NARROWEST_LETTER) + 2]  # eliding a long text is most of a row's cost
            text = QFontMetrics(font).elidedText(in_sight, Qt.TextElideMode.ElideRight, int(inner.width()))
        painter.drawText(inner, _AT_RIGHT if column in _RIGHT else _AT_LEFT, text)

    def _paint_placeholder(self, painter: QPainter, inner: QRectF, column: str, row: int) -> None:
        share = (0.55 + 0.35 * ((row * 37 + len(column)) % 10) / 10) if column in ("key", "value") else 0.8
        width = inner.width() * share
        left = inner.right() - width if column in _RIGHT else inner.left()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("surface_sunken"))
        painter.drawRoundedRect(QRectF(left, inner.center().y() - 4, width, 8), 4, 4)

    def _paint_removed(self, painter: QPainter, inner: QRectF, column: str) -> None:
        if column == "value":
            painter.setFont(theme().font("body"))
            painter.setPen(theme().color("text_muted"))
            painter.drawText(inner, _AT_LEFT, self.tr("removed by retention"))
