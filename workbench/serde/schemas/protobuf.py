"""Protobuf schemas: a .proto text, or a file descriptor (or a set of one) in base64 as confluent-kafka's Python client
registers them. Imports are resolved by reference name; Google's well-known files are known.

``file`` is the FileDescriptorProto, ``pool`` one with everything it needs; both are made without any compiler.
"""

from __future__ import annotations

import base64
import binascii
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Invalid
from workbench.serde.schemas import protobuf_fields
from workbench.serde.schemas.base import PROTOBUF, Field, Schema
from workbench.serde.schemas.protobuf_checks import check
from workbench.serde.schemas.references import Referred

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FileDescriptor
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool

_OWN_NAME = "this.proto"


class ProtobufSchema:
    """A schema that holds."""

    type = PROTOBUF

    def __init__(self, file: FileDescriptorProto, pool: DescriptorPool, built: FileDescriptor) -> None:
        self.file = file
        self.pool = pool
        self._built = built
        self.names: tuple[str, ...] = tuple(each.full_name for each in _messages(built))

    @property
    def canonical(self) -> str:
        """The .proto text of what it says, laid out one way, without comments."""
        return self._printed

    @cached_property
    def _printed(self) -> str:
        from workbench.serde.schemas.protobuf_print import printed

        return printed(self.file)

    @cached_property
    def serialized(self) -> str:
        """The file descriptor in base64: ``format=serialized`` of the registry."""
        return base64.b64encode(self.file.SerializeToString(deterministic=True)).decode()

    def message(self, indexes: tuple[int, ...] = (0,)) -> Descriptor:
        """The message that the indexes of the wire format lead to; ``Invalid`` when there is none."""
        at: Any = None
        inner = list(self._built.message_types_by_name.values())
        for index in indexes:
            if not 0 <= index < len(inner):
                raise Invalid("The message indexes {indexes} lead to no message of the schema.", indexes=list(indexes))
            at = inner[index]
            inner = list(at.nested_types)
        return at

    def message_named(self, name: str) -> Descriptor:
        """By full or short name; ``Invalid`` names those there are."""
        for each in _messages(self._built):
            if name in (each.full_name, each.name):
                return each
        raise Invalid("The schema has no message {name!r}.", "It has: {names}.", name=name,
                      names=', '.join(self.names[:20]))

    def fields(self, name: str = "") -> tuple[Field, ...]:
        if not self.names:
            return ()
        return protobuf_fields.fields_of(self.message_named(name) if name else self.message())


def indexes_of(message: Descriptor) -> tuple[int, ...]:
    """Where a message stands in its file, as the wire format counts."""
    above = message.containing_type
    siblings = above.nested_types if above is not None else list(message.file.message_types_by_name.values())
    index = next(i for i, each in enumerate(siblings) if each.full_name == message.full_name)
    return (index,) if above is None else (*indexes_of(above), index)


def read(schema: Schema, others: list[Referred]) -> ProtobufSchema:
    from google.protobuf.descriptor_pool import DescriptorPool

    file = file_of(schema.text)
    pool, there = DescriptorPool(), set()
    known: dict[str, FileDescriptorProto] = {}
    for each in others:
        known[each.reference.name] = other = file_of(each.schema.text, f"What {each.reference.name!r} refers to: ")
        other.name = each.reference.name
    file.name = _OWN_NAME
    check(file)
    for name in file.dependency:
        _add(name, known, pool, there, (), file)
    built = _built(pool, file)
    resolved = type(file)()
    built.CopyToProto(resolved)
    return ProtobufSchema(resolved, pool, built)


def file_of(text: str, place: str = "") -> FileDescriptorProto:
    """The file that a text is: .proto, or a descriptor in base64."""
    described = _described(text)
    if described is not None:
        return described
    from workbench.serde.schemas.protobuf_text import file_of_text

    return file_of_text(text, place)


def _described(text: str) -> FileDescriptorProto | None:
    """Base64 has no blanks, braces or semicolons, and a .proto text has."""
    if any(letter in text for letter in ";{ ") or not text.strip():
        return None
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
    from google.protobuf.message import DecodeError

    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        return None
    try:
        file = FileDescriptorProto.FromString(data)
        if not file.syntax and not file.message_type and not file.enum_type:
            held = FileDescriptorSet.FromString(data).file
            file = held[-1] if held else file
    except DecodeError:
        raise Invalid("The Protobuf schema is base64, but no file descriptor.") from None
    return file


def _add(name: str, known: dict[str, FileDescriptorProto], pool: DescriptorPool, there: set[str],
         above: tuple[str, ...], asked_by: FileDescriptorProto) -> None:
    """Puts an import and what it imports into the pool."""
    if name in there:
        return
    if name in above:
        raise Invalid("The imports go in a cycle: {value}.", value=' → '.join((*above, name)))
    file = known.get(name) or well_known(name)
    if file is None:
        raise Invalid("The Protobuf schema imports {name!r}, and no reference has that name.",
                      "Register that file and refer to it by that name.", name=name)
    for inner in file.dependency:
        _add(inner, known, pool, there, (*above, name), file)
    _built(pool, file)
    there.add(name)


def well_known(name: str) -> FileDescriptorProto | None:
    """Google's own files, which every compiler brings."""
    if not name.startswith("google/protobuf/"):
        return None
    from importlib import import_module

    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    try:
        module = import_module(f"{name.removesuffix('.proto').replace('/', '.')}_pb2")
    except ImportError:
        return None
    return FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)


def _built(pool: DescriptorPool, file: FileDescriptorProto) -> FileDescriptor:
    try:
        pool.AddSerializedFile(file.SerializeToString())
        return pool.FindFileByName(file.name)
    except (TypeError, KeyError) as wrong:
        told = str(wrong).partition("descriptor pool: ")[2] or str(wrong)
        raise Invalid("The Protobuf schema does not hold: {value}.", value=told.rstrip('.')) from None


def _messages(built: FileDescriptor) -> list[Descriptor]:
    found: list[Descriptor] = []

    def visit(message: Descriptor) -> None:
        if message.GetOptions().map_entry:
            return
        found.append(message)
        for inner in message.nested_types:
            visit(inner)

    for each in built.message_types_by_name.values():
        visit(each)
    return found
