"""The Schemas page: what is registered, versions side by side by field, and registering, checking, deleting."""
