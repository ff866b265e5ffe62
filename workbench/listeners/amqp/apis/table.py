"""Every rare method that a channel takes, by class and method."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.listeners.amqp.apis import basic, exchanges, queues
from workbench.listeners.amqp.channel import Act

TABLE: Mapping[tuple[int, int], Act] = {
    (20, 20): basic.flow,
    (40, 10): exchanges.declare, (40, 20): exchanges.delete, (40, 30): exchanges.bind, (40, 40): exchanges.unbind,
    (50, 10): queues.declare, (50, 20): queues.bind, (50, 30): queues.purge, (50, 40): queues.delete,
    (50, 50): queues.unbind,
    (60, 10): basic.qos, (60, 20): basic.consume, (60, 30): basic.cancel, (60, 70): basic.get,
    (60, 100): basic.recover_async, (60, 110): basic.recover,
    (85, 10): basic.confirm_select,
    (90, 10): basic.tx_select, (90, 20): basic.tx_commit, (90, 30): basic.tx_rollback,
}
