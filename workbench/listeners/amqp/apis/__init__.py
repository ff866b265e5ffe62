"""The rare methods, a module a class of AMQP: each an ``Act`` that answers with a frame, or with None."""
