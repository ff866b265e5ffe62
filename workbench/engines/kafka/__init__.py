"""Apache Kafka, attached by confluent-kafka (librdkafka)."""
