"""Files are played as they are: original bytes, their own spacing, bad lines told and passed over."""

import os
import threading
import time

import pytest

from workbench.core.errors import Invalid, Missing, Unsupported, WorkbenchError
from workbench.flow.settings import FileSettings, read_settings
from workbench.runtime.file_source import FileSource
from workbench.runtime.reading import lines


def source(path, **values):
    settings = read_settings("file", {"path": str(path), "pace": "flat_out", **values}, FileSettings)
    return FileSource(settings, lambda: 42)


def play(path, **values):
    opened = source(path, **values)
    found = []
    for _ in range(1000):
        found += opened.take(0.0, 1000)
        if opened.done:
            break
    opened.close()
    return found, opened


def test_json_lines_keep_their_bytes(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id":  1, "who": {"name": "x"}, "at": "2026-01-01T00:00:00Z"}\r\n\n{"id": 2.50}')
    found, opened = play(path, key="who.name", time="at")
    first = b'{"id":  1, "who": {"name": "x"}, "at": "2026-01-01T00:00:00Z"}'
    assert [r.value for r in found] == [first, b'{"id": 2.50}']
    assert [r.key for r in found] == [b"x", None]
    assert found[0].timestamp_ms == 1767225600000
    assert opened.progress == 1.0
    assert found[1].timestamp_ms == found[0].timestamp_ms
    assert opened.notes[1:] == ["1 of 2 events has no time in «at», first in line 3.",
                                "1 event got the time of the event before (or after)."]


def test_bad_lines_are_counted_and_told_with_their_number(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": \n\xff\xfe\n{"a": 2}\n')
    found, opened = play(path)
    assert [r.value for r in found] == [b'{"a": 1}', b'{"a": 2}']
    assert opened.bad == 2
    assert opened.trouble.startswith("2 lines could not be read. Line 2: not JSON")


def test_csv_with_quotes_newlines_and_a_bom(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffid;name;note\n1;Ada;"two\nlines; and ""quotes"""\n2;Bo\n3;a;b;c\n007;Cé;\n'.encode())
    found, opened = play(path, key="id")
    assert [r.value.decode() for r in found] == [
        '{"id":"1","name":"Ada","note":"two\\nlines; and \\"quotes\\""}',
        '{"id":"2","name":"Bo","note":null}', '{"id":"007","name":"Cé","note":""}',
    ]
    assert [r.key for r in found] == [b"1", b"2", b"007"]
    assert "4 fields where the header has 3" in opened.trouble
    assert "2 fields where the header has 3; those that are missing are null" in opened.notes[0]


def test_plain_lines_by_word_and_by_expression(tmp_path):
    path = tmp_path / "dpkg.log"
    path.write_bytes(b"2026-01-02 10:00:01 install libc:amd64 <none> 1\n2026-01-02 10:00:02 status ok zlib:amd64\n\xff")
    found, _ = play(path, key=r"/ ([a-z]\S*:\S+)/", time="1-2")
    assert [r.key for r in found] == [b"libc:amd64", b"zlib:amd64", None]
    assert found[1].timestamp_ms - found[0].timestamp_ms == 1000
    assert found[2].value == b"\xff"
    assert [r.key for r in play(path, key="3")[0]][:2] == [b"install", b"status"]


def test_original_spacing_times_a_speed(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"t": {1_700_000_000 + s}}}\n' for s in (0, 10, 10, 30)))
    opened = source(path, pace="original", time="t", speed=10.0)
    taken = [len(opened.take(at, 100)) for at in (5.0, 5.9, 6.0, 7.9, 8.0)]
    assert taken == [1, 0, 2, 0, 1]
    opened.close()


def test_a_fixed_rate_and_a_step(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a\nb\nc\nd\n")
    opened = source(path, pace="rate", rate=2.0)
    assert [len(opened.take(at, 100)) for at in (0.0, 0.6, 1.1)] == [0, 2, 1]
    assert [r.value for r in opened.force(1.1)] == [b"d"]
    opened.close()


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n"])
def test_empty_files_end(tmp_path, content):
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    found, opened = play(path, loop=True)
    assert found == [] and opened.done


def test_a_followed_file_grows_is_cut_and_is_replaced(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntw")
    opened = source(path, follow=True)
    values = lambda: [r.value for r in opened.take(0, 100)]  # noqa: E731
    assert values() == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\n")
    assert values() == [b"two"] and not opened.done
    path.write_bytes(b"3\n")
    assert values() == [b"3"]
    assert "cut short" in opened.trouble
    other = tmp_path / "b.log"
    other.write_bytes(b"four\n")
    os.replace(other, path)
    assert values() == [b"four"]
    assert "replaced" in opened.trouble
    opened.close()


def test_a_line_too_long_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1_000_000)
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n" + b"x" * 5_000_000 + b"\nb\n")
    found, opened = play(path)
    assert [r.value for r in found] == [b"a", b"b"]
    assert "Line 2: longer than" in opened.trouble


def test_loop_starts_again(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\nb\n")
    opened = source(path, loop=True)
    assert [r.value for _ in range(3) for r in opened.take(0, 10)] == [b"a", b"b"] * 3 or not opened.done
    opened.close()


def test_standard_input(monkeypatch):
    read, write = os.pipe()
    monkeypatch.setattr(os, "dup", lambda fd: read)
    opened = source("-")
    assert list(opened.take(0, 10)) == [] and not opened.done
    os.write(write, b'{"a": 1}\n{"a": 2}')
    assert [r.value for r in opened.take(0, 10)] == [b'{"a": 1}']
    os.close(write)
    assert [r.value for r in opened.take(0, 10)] == [b'{"a": 2}']
    opened.take(0, 10)
    assert opened.done
    opened.close()


@pytest.mark.parametrize(("path", "error"), [("", Invalid), ("/does/not/exist", Missing), ("/", Invalid)])
def test_a_file_that_cannot_be_read_is_a_sentence(path, error):
    with pytest.raises(error) as caught:
        source(path)
    assert isinstance(caught.value, WorkbenchError) and caught.value.sentence()


def test_beside_a_loop_it_is_read_on_a_thread_and_nothing_is_waited_for(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n" + "".join(f'{n},"a ""b"" c"\n' for n in range(60_000)))
    values = read_settings("file", {"path": str(path), "pace": "flat_out", "loop": False}, FileSettings)
    opened = FileSource(values, lambda: 42, ahead=True)
    assert len(opened.force(0.0)) == 1, "a step gives one event, however early"
    found, longest_s = 1, 0.0
    until_s = time.monotonic() + 60
    while not opened.done and time.monotonic() < until_s:
        began_s = time.thread_time()
        found += len(opened.take(0.0, 500))
        longest_s = max(longest_s, time.thread_time() - began_s)
    assert found == 60_000
    assert longest_s < 0.05, "reading is not done where it is asked for"
    opened.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("file reader")]


def test_what_makes_a_file_unreadable_is_raised_where_it_is_asked_for(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    settings = read_settings("file", {"path": str(path), "pace": "flat_out"}, FileSettings)
    opened = FileSource(settings, lambda: 42, ahead=True)
    with pytest.raises(Unsupported, match="zip archive"):
        opened.force(0.0)
    opened.close()
