"""librdkafka's errors as ours: what may go through later is ``Unavailable``, all else is final."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from workbench.core.errors import NotFound, Refused, Unavailable, Unsupported, WorkbenchError

_LATER = {
    KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._RESOLVE,
    KafkaError._TIMED_OUT_QUEUE, KafkaError._WAIT_COORD, KafkaError.REQUEST_TIMED_OUT,
    KafkaError.BROKER_NOT_AVAILABLE, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.NETWORK_EXCEPTION,
    KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError._NOENT, KafkaError._DESTROY,
    KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.FENCED_LEADER_EPOCH,  # it has just started again
    KafkaError.OFFSET_NOT_AVAILABLE, KafkaError.REPLICA_NOT_AVAILABLE, KafkaError.KAFKA_STORAGE_ERROR,
}
_RIGHTS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._AUTHENTICATION,
}
_MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION,
            KafkaError.GROUP_ID_NOT_FOUND}


def passes(error: KafkaError) -> bool:
    """Whether the same may go through later."""
    return error.code() in _LATER or error.retriable()


def not_let_in(address: str, reason: str) -> WorkbenchError:
    """A wrong user or password: trying again would not help, and may lock the user out."""
    return Refused("Kafka at {address} does not let you in: {reason}.", "Check user, password and sasl.mechanism.",
                   address=address, reason=reason)


def translated(error: Exception, address: str, reason: str = "") -> WorkbenchError:
    """The error of a call to the cluster at ``address``, as a sentence with a next step. ``reason`` is what was met on
    its connections meanwhile, which says more than «no answer»."""
    cause = error.args[0] if isinstance(error, KafkaException) and error.args else error
    if not isinstance(cause, KafkaError):
        return Unavailable("Kafka at {address} did not answer: {error}.", "Is it running, and is the address right?",
                           address=address, error=error)
    told, code = cause.str().rstrip(". "), cause.code()
    if code in _MISSING:
        return NotFound("Kafka at {address} knows no such topic, partition or group: {told}.", address=address,
                        told=told)
    if code in _RIGHTS:
        return Refused("Kafka at {address} does not allow it: {told}.", "Check user, password and rights (ACLs).",
                       address=address, told=told)
    if code == KafkaError._UNSUPPORTED_FEATURE or code == KafkaError.UNSUPPORTED_VERSION:
        return Unsupported("Kafka at {address} can't do that: {told}.", address=address, told=told)
    if passes(cause):
        return Unavailable("Kafka at {address} can't be reached: {reason}.", "Is it running, and is the address right?",
                           address=address, reason=reason or told)
    return Refused("Kafka at {address} refused: {told}.", address=address, told=told)
