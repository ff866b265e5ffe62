"""Event-flow workbench: a desktop tool for event-driven systems with a real broker inside."""

__version__ = "0.1.0"
