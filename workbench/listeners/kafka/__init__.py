"""The Kafka protocol, served from the workspace's own broker to clients anyone wrote."""

import workbench.listeners.kafka.kio_loading  # noqa: F401  before whatever else imports kio
from workbench.listeners.kafka.server import KafkaListener
from workbench.listeners.kafka.settings import RISK, ListenerSettings, parse_address
from workbench.listeners.kafka.users import Users

__all__ = ["RISK", "KafkaListener", "ListenerSettings", "Users", "parse_address"]
