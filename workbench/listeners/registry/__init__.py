"""The Schema Registry's REST interface, served from the workspace to the serializers anyone wrote."""

from workbench.listeners.registry.listener import RegistryListener

__all__ = ["RegistryListener"]
