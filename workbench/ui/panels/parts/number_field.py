"""A field for a number that never alters what was typed: what can't be taken stays to be read, with the reason.

Qt's own spin boxes drop each digit that would leave their range: 99999 became 99. Here the limits bound only the steps
of arrows and wheel; everything else is checked by the parameter, in words. GUI thread.
"""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from workbench.core.errors import Invalid
from workbench.flow.params import Param
from workbench.ui.panels.parts.blocks import set_property

_FAR = 1e18
_DECIMALS = 6
_SEVEN_DIGITS = 9_999_999
_BUTTONS = 40  # pixels for the arrows and the frame


def number_of(text: str) -> float | None:
    """The number that was typed, with the locale's separators or plain; None for anything else."""
    locale = QLocale()
    group, point = locale.groupSeparator(), locale.decimalPoint()
    whole, _, rest = text.strip().partition(point)
    if group in whole and not re.fullmatch(rf"[+-]?\d{{1,3}}({re.escape(group)}\d{{3}})*", whole):
        return None
    plain = f"{whole.replace(group, '')}.{rest or '0'}"
    return float(plain) if re.fullmatch(r"[+-]?\d+\.\d+", plain) else None


class NumberField(QDoubleSpinBox):
    """See the module. ``taken`` carries numbers that can be taken; ``complained`` why one can't, empty once it can.
    ``instead_of_zero`` is shown in place of 0."""

    taken = Signal(object)  # int or float
    complained = Signal(str)

    def __init__(self, param: Param, value: float, instead_of_zero: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._param = param
        self._instead_of_zero = instead_of_zero
        self.setRange(-_FAR, _FAR)
        self.setDecimals(_DECIMALS)
        self.setValue(float(value))
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(param.label)
        self.lineEdit().textChanged.connect(lambda _: self._tell())
        self.valueChanged.connect(self._take)

    @property
    def wrong(self) -> str:
        """Why what stands in the field can't be taken; empty when it can."""
        number = self._typed(self.text())
        try:
            if number is None:
                raise Invalid(self.tr("{0} can't be \"{1}\".").format(self._param.label, self._bare(self.text())),
                              self._param.expectation())
            self._param.check(self._as_param(number))
        except Invalid as error:
            return error.sentence()
        return ""

    def number(self) -> Any:
        """What stands there, as the parameter's type; ``Invalid`` when it can't be taken."""
        return self._param.check(self._as_param(self.value()))

    def _as_param(self, number: float) -> int | float:
        return int(number) if self._param.type == "int" and number.is_integer() else number

    def _take(self, number: float) -> None:
        if not self.wrong:
            self.taken.emit(self._as_param(number))

    def _tell(self) -> None:
        wrong = self.wrong
        set_property(self, "state", "bad" if wrong else "")
        self.complained.emit(wrong)

    # -- text ----------------------------------------------------------------------------------------------
    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip()

    def _typed(self, text: str) -> float | None:
        bare = self._bare(text)
        return 0.0 if self._instead_of_zero and bare == self._instead_of_zero else number_of(bare)

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        """No key is refused: a text that is no number yet may become one."""
        state = QValidator.State.Intermediate if self._typed(text) is None else QValidator.State.Acceptable
        return state, text, at

    def fixup(self, text: str) -> str:
        """Nothing is mended behind the back of who typed it."""
        return text

    def valueFromText(self, text: str) -> float:
        number = self._typed(text)
        return self.value() if number is None else number

    def textFromValue(self, value: float) -> str:
        if self._instead_of_zero and value == 0:
            return self._instead_of_zero
        locale = QLocale()
        if float(value).is_integer():
            return locale.toString(int(value))
        text = locale.toString(float(value), "f", _DECIMALS)
        return text.rstrip("0")

    def sizeHint(self) -> QSize:
        """Room for what may stand in it, of which a range without an end would make too much."""
        high = _SEVEN_DIGITS if self._param.high is None else min(self._param.high, _SEVEN_DIGITS)
        widest = max(map(self.fontMetrics().horizontalAdvance, (self.textFromValue(high), self._instead_of_zero)))
        return QSize(widest + _BUTTONS, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    # -- steps ---------------------------------------------------------------------------------------------
    def stepBy(self, steps: int) -> None:
        """One step of the arrows or the wheel, which stops at the limits."""
        low = -_FAR if self._param.low is None else self._param.low
        high = _FAR if self._param.high is None else self._param.high
        self.setValue(min(max(self.value() + steps * self.singleStep(), low), high))
        self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only with the focus, so that scrolling a form changes nothing."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
