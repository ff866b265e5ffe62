"""Places where the code was broken on purpose, and the tests that must notice.

One line each: a file below ``workbench/``, the text as it stands (once in the file), what is put in its place, and the
tests that must fail then. ``tests/mutation/runner.py`` tries them on a copy of the tree.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    tests: str
    in_suite: bool = True


MUTANTS = (
    Mutant("sender back-pressure off", "runtime/sender.py",
           "return self._waiting_bytes > _WAITING_BYTES", "return False",
           "unit/runtime/test_back_pressure.py"),
    Mutant("what a full queue took is not counted", "runtime/sender.py",
           "self.sent += error.taken", "pass",
           "unit/runtime/test_sender.py"),
    Mutant("the sequence stays after a batch that was taken in part", "engines/embedded_producer.py",
           "self._sequences.get(place, 0) + error.taken", "self._sequences.get(place, 0)",
           "unit/runtime/test_sender.py"),
    Mutant("stale time lag in the past", "session/timeline.py",
           "age_ms = lags.get((group, part)) if stat.lag_records else 0", "age_ms = lags.get((group, part))",
           "unit/session/test_past_lag.py"),
    Mutant("a running group counts as held", "host/group_view.py",
           "run is not RunState.RUNNING or is_still(stat)", "True",
           "unit/host/test_group_view.py"),
    Mutant("members are not rejoined after a failed reset", "host/groups.py",
           "        finally:\n            await self._runner.rejoin_group(command.group)",
           "        finally:\n            pass",
           "unit/host/test_resets.py"),
    Mutant("a failed composite edit is not undone", "flow/edits.py",
           "                inverse.apply(document)\n            raise", "                pass\n            raise",
           "unit/flow/test_composite.py"),
    Mutant("redo of a merged edit", "ui/bridge/workspace.py",
           "self._edit = self._inverse.apply(self._document)", "self._inverse.apply(self._document)",
           "ui/bridge/test_undo.py"),
    Mutant("answers for an earlier topic are taken", "ui/models/records.py",
           "            if shown == self._shown:\n                self._loading = False\n                take(found)",
           "            if True:\n                self._loading = False\n                take(found)",
           "ui/data/records/test_late_answers.py"),
    Mutant("a slow client is still pushed", "host/telemetry.py",
           " and not session.busy()", "",
           "unit/host/test_slow_clients.py"),
    Mutant("a Fetch answer without an end", "listeners/kafka/apis/fetch.py",
           "room = min(call.request.max_bytes, MAX_ANSWER_BYTES)", "room = call.request.max_bytes",
           "listeners/test_bounds.py", in_suite=False),
    Mutant("loopback judged by any address", "listeners/base/settings.py",
           "return all(ipaddress", "return any(ipaddress",
           "listeners/test_bounds.py", in_suite=False),
)
