"""What is done in one partition of a queue: a floor, and bits above it. Pure; one owner at a time.

    offsets   0 ........ floor ............................................ end
              all done   a bit each, in chunks of 4,096: done, and leased in this life of the host

``leased`` bits outlive a crash where leases do not: a message that was out when the host died has had one more
attempt. Only chunks that changed are written, so that a flush costs a row or two however many were acked. The floor
is moved by ``advance`` alone, which is called after a commit: what is in the file is never ahead of itself.

Messages are mostly leased and done in their order: such runs are noted by their ends, and become bits when somebody
asks for bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import NamedTuple

CHUNK_BITS = 12
CHUNK = 1 << CHUNK_BITS
_IN_CHUNK = CHUNK - 1
_BYTES = CHUNK // 8
_BIT = tuple(1 << n for n in range(8))
_CLEAR = tuple(0xFF ^ (1 << n) for n in range(8))


class ChunkRow(NamedTuple):
    """A chunk as it is stored."""

    number: int
    done: bytes
    leased: bytes


class _Chunk:
    __slots__ = ("done", "leased")

    def __init__(self, done: bytes = bytes(_BYTES), leased: bytes = bytes(_BYTES)) -> None:
        self.done = bytearray(done)
        self.leased = bytearray(leased)


_DONE_BITS: Callable[[_Chunk], bytearray] = attrgetter("done")
_LEASED_BITS: Callable[[_Chunk], bytearray] = attrgetter("leased")


class AckBitmap:
    __slots__ = ("_chunks", "_dirty", "_done", "_leased", "_left", "floor", "floor_dirty")

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor
        self.floor_dirty = False
        self._chunks: dict[int, _Chunk] = {}
        self._dirty: set[int] = set()
        self._left: set[int] = set()  # chunks below the floor whose rows are still there
        self._done = [0, 0]  # a run [first, end) that is to become bits
        self._leased = [0, 0]

    def load(self, row: ChunkRow) -> None:
        if (row.number + 1) << CHUNK_BITS <= self.floor:
            self._left.add(row.number)
        else:
            self._chunks[row.number] = _Chunk(row.done, row.leased)

    # -- bits ------------------------------------------------------------------------------------------------
    def _chunk(self, number: int) -> _Chunk:
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = self._chunks[number] = _Chunk()
        return chunk

    def set_done(self, offset: int) -> None:
        run = self._done
        if offset != run[1]:
            self._write_runs()
            run[0] = offset
        run[1] = offset + 1

    def set_leased(self, offset: int) -> None:
        run = self._leased
        if offset != run[1]:
            self._write_runs()
            run[0] = offset
        run[1] = offset + 1

    def _write_runs(self) -> None:
        for run, bits_of in ((self._done, _DONE_BITS), (self._leased, _LEASED_BITS)):
            if run[0] < run[1]:
                self._set_range(bits_of, *run)
                run[0] = run[1]

    def _set_range(self, bits_of: Callable[[_Chunk], bytearray], first: int, end: int) -> None:
        """Set the bits of ``first <= offset < end``, by chunks."""
        while first < end:
            number, start = first >> CHUNK_BITS, first & _IN_CHUNK
            stop = min(CHUNK, start + end - first)
            held = bits_of(self._chunk(number))
            if stop - start == 1:
                held[start >> 3] |= _BIT[start & 7]
            else:
                bits = int.from_bytes(held, "little") | ((1 << stop) - (1 << start))
                held[:] = bits.to_bytes(_BYTES, "little")
            self._dirty.add(number)
            first += stop - start

    def set_undone(self, offset: int) -> None:
        """A commit failed: what it had done is not."""
        self._write_runs()
        number = offset >> CHUNK_BITS
        self._chunk(number).done[(offset & _IN_CHUNK) >> 3] &= _CLEAR[offset & 7]
        self._dirty.add(number)

    def clear_leased(self, offset: int) -> None:
        self._write_runs()
        number = offset >> CHUNK_BITS
        self._chunk(number).leased[(offset & _IN_CHUNK) >> 3] &= _CLEAR[offset & 7]
        self._dirty.add(number)

    def is_done(self, offset: int) -> bool:
        if offset < self.floor or self._done[0] <= offset < self._done[1]:
            return True
        chunk = self._chunks.get(offset >> CHUNK_BITS)
        return chunk is not None and bool(chunk.done[(offset & _IN_CHUNK) >> 3] & _BIT[offset & 7])

    def set_done_range(self, first: int, end: int) -> None:
        """Everything in ``first <= offset < end``, by chunks."""
        self._set_range(_DONE_BITS, max(first, self.floor), end)

    def undone_runs(self, first: int, end: int) -> Iterator[tuple[int, int]]:
        """What is not done in the range, as runs ``(first, end)``."""
        self._write_runs()
        at = max(first, self.floor)
        while at < end:
            chunk = self._chunks.get(at >> CHUNK_BITS)
            start = at & _IN_CHUNK
            if chunk is None:
                stop = min(end, at - start + CHUNK)
                yield at, stop
                at = stop
                continue
            bits = int.from_bytes(chunk.done, "little") >> start
            done = _trailing_ones(bits)
            undone = _trailing_zeros(bits >> done, CHUNK - start - done)
            if undone and at + done < end:
                yield at + done, min(end, at + done + undone)
            at += done + undone

    def leased_undone(self) -> list[int]:
        """Offsets that were leased and are not done: at open, those whose lease the crash has ended."""
        self._write_runs()
        found = []
        for number in sorted(self._chunks):
            chunk = self._chunks[number]
            bits = int.from_bytes(chunk.leased, "little") & ~int.from_bytes(chunk.done, "little")
            while bits:
                low = bits & -bits
                offset = (number << CHUNK_BITS) + low.bit_length() - 1
                if offset >= self.floor:
                    found.append(offset)
                bits ^= low
        return found

    # -- floor and rows --------------------------------------------------------------------------------------
    def advance(self) -> bool:
        """Move the floor over what is done; True when it moved."""
        self._write_runs()
        before = self.floor
        while (chunk := self._chunks.get(self.floor >> CHUNK_BITS)) is not None:
            start = self.floor & _IN_CHUNK
            run = _trailing_ones(int.from_bytes(chunk.done, "little") >> start)
            self.floor += run
            if start + run < CHUNK:
                break
            number = (self.floor >> CHUNK_BITS) - 1
            del self._chunks[number]
            self._dirty.discard(number)
            self._left.add(number)
        moved = self.floor > before
        self.floor_dirty |= moved
        return moved

    def take_changed(self) -> tuple[list[ChunkRow], list[int]]:
        """Chunks to write, and chunks whose rows may go; given once, unless ``give_back`` returns them."""
        self._write_runs()
        rows = [ChunkRow(n, bytes(self._chunks[n].done), bytes(self._chunks[n].leased)) for n in sorted(self._dirty)]
        left = sorted(self._left)
        self._dirty, self._left, self.floor_dirty = set(), set(), False
        return rows, left

    def give_back(self, rows: list[ChunkRow], left: list[int]) -> None:
        self._dirty |= {row.number for row in rows if row.number in self._chunks}
        self._left |= set(left)
        self.floor_dirty = True

    @property
    def changed(self) -> bool:
        self._write_runs()
        return bool(self._dirty or self._left or self.floor_dirty)


def _trailing_ones(bits: int) -> int:
    return (bits ^ (bits + 1)).bit_length() - 1


def _trailing_zeros(bits: int, most: int) -> int:
    return most if not bits else min(most, (bits & -bits).bit_length() - 1)
