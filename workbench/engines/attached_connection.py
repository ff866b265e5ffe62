"""What every attached system's connection does alike: open, close, and tell how it stands. Any thread; ``open`` blocks
until the system answered or gave up."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from workbench.core.errors import WorkbenchError
from workbench.engines.base import ConnectionState, LinkState
from workbench.engines.catalog import ConnectionSpec

H = TypeVar("H")


class AttachedConnection(Generic[H]):
    """``H`` is what the system is reached by, a client or its settings. With ``keeps_handle`` it outlives a failure:
    it connects again by itself."""

    keeps_handle = False

    def __init__(self, spec: ConnectionSpec) -> None:
        self._spec = spec
        self._state = ConnectionState()
        self._handle: H | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._spec.name

    @property
    def state(self) -> ConnectionState:
        return self._state

    def open(self) -> None:
        with self._lock:
            self._state = ConnectionState(LinkState.CONNECTING)
            try:
                if self._handle is None:
                    self._handle = self._make()
                about = self._reach(self._handle)
            except WorkbenchError as error:
                if not self.keeps_handle:
                    self._forget()
                self._state = ConnectionState(LinkState.FAILING, error.sentence())
                raise
            self._state = ConnectionState(LinkState.READY, about=about)

    def close(self) -> None:
        with self._lock:
            self._forget()
            self._state = ConnectionState()

    def _opened(self) -> H:
        if self._handle is None:
            self.open()
        assert self._handle is not None
        return self._handle

    def _forget(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            self._let_go(handle)

    # -- what a system says ----------------------------------------------------------------------------------
    def _make(self) -> H:
        """What it is reached by; nothing is asked yet."""
        raise NotImplementedError

    def _reach(self, handle: H) -> str:
        """Ask something; returns what was reached, «3 brokers, 12 topics»."""
        raise NotImplementedError

    def _let_go(self, handle: H) -> None:
        """It is not used any more."""
