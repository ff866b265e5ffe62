"""RabbitMQ, attached by pika (AMQP 0-9-1) and its management HTTP API."""
