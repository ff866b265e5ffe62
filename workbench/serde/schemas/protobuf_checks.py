"""What protoc refuses of a file and the descriptor pool takes, or says without the message's name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import Invalid

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import EnumDescriptorProto, FileDescriptorProto


def check(file: FileDescriptorProto) -> None:
    """``Invalid`` for numbers and names that are used twice, or although they are reserved."""
    for message in file.message_type:
        _check_message(message, f"{file.package}.{message.name}" if file.package else message.name)
    for each in file.enum_type:
        _check_enum(each, f"{file.package}.{each.name}" if file.package else each.name)


def _check_message(message: Any, full: str) -> None:
    numbers: dict[int, str] = {}
    names: set[str] = set()
    reserved = [(each.start, each.end) for each in message.reserved_range]
    extended = [(each.start, each.end) for each in message.extension_range]
    for field in message.field:
        if field.number in numbers:
            raise _wrong(f"in {full}, the fields {numbers[field.number]!r} and {field.name!r} have the number"
                         f" {field.number}", "Give one of them another number.")
        if field.name in names:
            raise _wrong(f"{full} has the field {field.name!r} twice")
        for word, ranges in (("reserved", reserved), ("kept for extensions", extended)):
            if any(start <= field.number < end for start, end in ranges):
                raise _wrong(f"in {full}, the field {field.name!r} has the number {field.number}, which is {word}",
                             "Give it another number.")
        if field.name in message.reserved_name:
            raise _wrong(f"in {full}, the name {field.name!r} is reserved", "Give the field another name.")
        numbers[field.number] = field.name
        names.add(field.name)
    for inner in message.nested_type:
        _check_message(inner, f"{full}.{inner.name}")
    for each in message.enum_type:
        _check_enum(each, f"{full}.{each.name}")


def _check_enum(made: EnumDescriptorProto, full: str) -> None:
    numbers: dict[int, str] = {}
    for value in made.value:
        if value.number in numbers and not made.options.allow_alias:
            raise _wrong(f"in the enum {full}, {numbers[value.number]} and {value.name} have the number {value.number}",
                         "Give one another number, or set allow_alias.")
        if value.name in made.reserved_name or any(
                each.start <= value.number <= each.end for each in made.reserved_range):
            raise _wrong(f"in the enum {full}, {value.name} = {value.number} is reserved")
        numbers[value.number] = value.name


def _wrong(what: str, next_step: str = "") -> Invalid:
    return Invalid(f"The Protobuf schema does not hold: {what}.", next_step)
