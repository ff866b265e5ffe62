"""The APIs of the Kafka protocol, one module a family; ``table`` has them all."""
