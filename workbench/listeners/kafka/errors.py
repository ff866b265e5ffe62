"""Our errors in Kafka's numbers: what each of ``core.errors`` and of the broker's own is called on the wire."""

from __future__ import annotations

from kio.schema.errors import ErrorCode

from workbench.broker import (
    BatchTooLarge,
    FencedInstance,
    GroupFull,
    GroupNotEmpty,
    IllegalGeneration,
    InconsistentProtocol,
    InvalidSessionTimeout,
    InvalidTransactionState,
    InvalidTransactionTimeout,
    MemberIdRequired,
    RebalanceInProgress,
    UnknownMember,
    WrongChecksum,
)
from workbench.core.errors import (
    AlreadyExists,
    Corrupt,
    Fenced,
    FileError,
    Invalid,
    NotFound,
    OutOfRange,
    OutOfSequence,
    Refused,
    Unsupported,
    WorkbenchError,
)

_CODES: dict[type[WorkbenchError], ErrorCode] = {
    UnknownMember: ErrorCode.unknown_member_id,
    IllegalGeneration: ErrorCode.illegal_generation,
    FencedInstance: ErrorCode.fenced_instance_id,
    RebalanceInProgress: ErrorCode.rebalance_in_progress,
    InconsistentProtocol: ErrorCode.inconsistent_group_protocol,
    MemberIdRequired: ErrorCode.member_id_required,
    GroupNotEmpty: ErrorCode.non_empty_group,
    GroupFull: ErrorCode.group_max_size_reached,
    InvalidSessionTimeout: ErrorCode.invalid_session_timeout,
    BatchTooLarge: ErrorCode.message_too_large,
    InvalidTransactionState: ErrorCode.invalid_txn_state,
    InvalidTransactionTimeout: ErrorCode.invalid_transaction_timeout,
    AlreadyExists: ErrorCode.topic_already_exists,
    NotFound: ErrorCode.unknown_topic_or_partition,
    OutOfRange: ErrorCode.offset_out_of_range,
    OutOfSequence: ErrorCode.out_of_order_sequence_number,
    Fenced: ErrorCode.invalid_producer_epoch,
    WrongChecksum: ErrorCode.corrupt_message,
    Corrupt: ErrorCode.corrupt_message,
    Unsupported: ErrorCode.unsupported_for_message_format,
    FileError: ErrorCode.kafka_storage_error,
    Refused: ErrorCode.policy_violation,
    Invalid: ErrorCode.invalid_request,
    WorkbenchError: ErrorCode.unknown_server_error,
}


def code_of(error: WorkbenchError | None, **instead: ErrorCode) -> ErrorCode:
    """The number for ``error``; ``instead`` renames a class where an API has its own word: ``NotFound=...``."""
    if error is None:
        return ErrorCode.none
    for kind in type(error).__mro__:
        if kind.__name__ in instead:
            return instead[kind.__name__]
        if kind in _CODES:
            return _CODES[kind]
    return ErrorCode.unknown_server_error
