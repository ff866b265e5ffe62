"""The Kafka protocol, served from the workspace's own broker to clients anyone wrote."""

import workbench.listeners.kafka.kio_loading  # noqa: F401  before whatever else imports kio
from workbench.listeners.kafka.listener import KafkaListener

__all__ = ["KafkaListener"]
