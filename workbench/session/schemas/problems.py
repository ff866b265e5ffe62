"""What a schema registry says no with. Each has the number that its clients go by.

The numbers and the words are those of Confluent's registry (its ``rest.exceptions.Errors``): 40401 says that a subject
is not there, and a serializer goes on to register. Pure.
"""

from __future__ import annotations

from workbench.core.errors import Refused, WorkbenchError

MOST = 2**31 - 1
MOST_NAME = 1000


class RegistryError(WorkbenchError):
    """``number`` is the code of the registry's interface; its first three digits are the HTTP status."""

    def __init__(self, message: str, next_step: str = "", number: int = 422) -> None:
        super().__init__(message, next_step)
        self.number = number

    @property
    def status(self) -> int:
        return int(str(self.number)[:3])


class IncompatibleSchema(RegistryError, Refused):
    """It does not fit the versions before it. Over the control channel it is a ``Refused``; why, tells the check."""


def no_subject(subject: str) -> RegistryError:
    return RegistryError(f"Subject '{subject}' not found.", "See «workbench schemas FILE list».", 40401)


def no_version(version: int | str) -> RegistryError:
    return RegistryError(f"Version {version} not found.", "", 40402)


def no_schema(number: int | str = "") -> RegistryError:
    return RegistryError(f"Schema {number} not found" if number != "" else "Schema not found", "", 40403)


def subject_is_deleted(subject: str) -> RegistryError:
    return RegistryError(f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently", "", 40404)


def subject_is_not_deleted(subject: str) -> RegistryError:
    return RegistryError(f"Subject '{subject}' was not deleted first before being permanently deleted",
                         "Delete it without --permanent first.", 40405)


def version_is_deleted(subject: str, version: int) -> RegistryError:
    return RegistryError(f"Subject '{subject}' Version {version} was soft deleted."
                         " Set permanent=true to delete permanently", "", 40406)


def version_is_not_deleted(subject: str, version: int) -> RegistryError:
    return RegistryError(f"Subject '{subject}' Version {version} was not deleted first before being permanently"
                         " deleted", "Delete it without --permanent first.", 40407)


def no_subject_level(subject: str) -> RegistryError:
    return RegistryError(f"Subject '{subject}' does not have subject-level compatibility configured", "", 40408)


def no_subject_mode(subject: str) -> RegistryError:
    return RegistryError(f"Subject '{subject}' does not have subject-level mode configured", "", 40409)


def incompatible(subject: str, reasons: list[str]) -> RegistryError:
    return IncompatibleSchema(f'Schema being registered is incompatible with an earlier schema for subject "{subject}",'
                              f" details: [{', '.join(reasons)}]", "", 409)


def bad_schema(kind: str, sentence: str) -> RegistryError:
    return RegistryError(f"Invalid schema of type {kind}, details: {sentence}", "", 42201)


def empty_schema() -> RegistryError:
    return RegistryError("Empty schema", "", 42201)


def bad_version(version: str) -> RegistryError:
    return RegistryError(f"The specified version '{version}' is not a valid version id. Allowed values are between"
                         " [1, 2^31-1] and the string \"latest\"", "", 42202)


def bad_level() -> RegistryError:
    return RegistryError("Invalid compatibility level. Valid values are none, backward, forward, full,"
                         " backward_transitive, forward_transitive, and full_transitive", "", 42203)


def bad_mode() -> RegistryError:
    return RegistryError("Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, and IMPORT.", "",
                         42204)


def not_permitted(sentence: str) -> RegistryError:
    return RegistryError(sentence, "", 42205)


def is_referenced(subject: str, version: int) -> RegistryError:
    return RegistryError("One or more references exist to the schema {magic=1,keytype=SCHEMA,"
                         f"subject={subject},version={version}}}.", "Delete the schemas that refer to it first.", 42206)


def bad_subject(subject: str) -> RegistryError:
    return RegistryError(f"The specified subject '{subject[:200]}' is not a valid.", "", 42208)


def too_large() -> RegistryError:
    return RegistryError("Register operation failed because schema is too large", "", 42209)
