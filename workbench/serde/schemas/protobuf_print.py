"""A FileDescriptorProto as .proto text, laid out one way: the canonical text of a schema, and what is shown of one that
was registered as a descriptor. Comments and custom options are not in it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from workbench.serde.schemas.protobuf_fields import SCALARS

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

_GROUP, _MESSAGE, _STRING, _BYTES = 10, 11, 9, 12
_LABELS = {2: "required ", 3: "repeated "}
_LAST_NUMBER, _LAST_ENUM = 536_870_912, 2**31 - 1
TypeName = Callable[[str], str]


def printed(file: FileDescriptorProto) -> str:
    name = _type_names(file)
    syntax = f'edition = "{_edition(file)}";' if file.syntax == "editions" else f'syntax = "{file.syntax or "proto2"}";'
    parts = [syntax]
    if file.package:
        parts.append(f"package {file.package};")
    for index, each in enumerate(file.dependency):
        kind = "public " if index in file.public_dependency else "weak " if index in file.weak_dependency else ""
        parts.append(f'import {kind}"{each}";')
    parts += _options(file.options, "")
    for message in file.message_type:
        parts.append("\n".join(_message(message, "", name, file.syntax)))
    parts += ["\n".join(_enum(each, "")) for each in file.enum_type]
    parts += _extensions(file.extension, "", name, file.syntax)
    parts += [_service(each, name) for each in file.service]
    return "\n".join(parts) + "\n"


def _edition(file: FileDescriptorProto) -> str:
    from google.protobuf.descriptor_pb2 import Edition

    return Edition.Name(file.edition).removeprefix("EDITION_")


def _type_names(file: FileDescriptorProto) -> TypeName:
    """Short within the package, where nothing nested could be meant instead."""
    inner: set[str] = set()
    waiting = list(file.message_type)
    while waiting:
        each = waiting.pop()
        inner |= {nested.name for nested in (*each.nested_type, *each.enum_type)}
        waiting += each.nested_type
    start = f".{file.package}." if file.package else "."

    def name(full: str) -> str:
        short = full.removeprefix(start)
        return full if short == full or short.partition(".")[0] in inner or not full.startswith(start) else short

    return name


def _message(made: DescriptorProto, indent: str, name: TypeName, syntax: str) -> list[str]:
    rows = [f"{indent}message {made.name} {{", *_body(made, f"{indent}  ", name, syntax), f"{indent}}}"]
    return rows


def _body(made: DescriptorProto, indent: str, name: TypeName, syntax: str) -> list[str]:
    rows = _options(made.options, indent, but=("map_entry",))
    entries = {each.name: each for each in made.nested_type if each.options.map_entry}
    groups = {field.type_name.rpartition(".")[2] for field in (*made.field, *made.extension) if field.type == _GROUP}
    nested = {each.name: each for each in made.nested_type}
    done: set[int] = set()
    for field in made.field:
        within = field.oneof_index if field.HasField("oneof_index") and not field.proto3_optional else None
        if within is None:
            rows += _field(field, indent, name, syntax, entries, nested)
        elif within not in done:
            done.add(within)
            rows.append(f"{indent}oneof {made.oneof_decl[within].name} {{")
            for each in made.field:
                if each.HasField("oneof_index") and each.oneof_index == within:
                    rows += _field(each, f"{indent}  ", name, syntax, entries, nested)
            rows.append(f"{indent}}}")
    rows += _numbers("extensions", ((each.start, each.end - 1) for each in made.extension_range), indent)
    rows += _numbers("reserved", ((each.start, each.end - 1) for each in made.reserved_range), indent)
    rows += _names(made.reserved_name, indent)
    for each in made.nested_type:
        if each.name not in entries and each.name not in groups:
            rows += _message(each, indent, name, syntax)
    for each in made.enum_type:
        rows += _enum(each, indent)
    return rows + _extensions(made.extension, indent, name, syntax)


def _field(field: Any, indent: str, name: TypeName, syntax: str, entries: dict[str, Any],
           nested: dict[str, Any]) -> list[str]:
    entry = entries.get(field.type_name.rpartition(".")[2]) if field.type == _MESSAGE else None
    told = _field_options(field)
    if entry is not None and field.label == 3:
        key, value = entry.field
        return [f"{indent}map<{_type(key, name)}, {_type(value, name)}> {field.name} = {field.number}{told};"]
    label = _LABELS.get(field.label, "")
    if not label and (field.proto3_optional or (syntax in ("", "proto2") and not field.HasField("oneof_index"))):
        label = "optional "
    if field.type == _GROUP:
        group = nested[field.type_name.rpartition(".")[2]]
        return [f"{indent}{label}group {group.name} = {field.number} {{",
                *_body(group, f"{indent}  ", name, syntax), f"{indent}}}"]
    return [f"{indent}{label}{_type(field, name)} {field.name} = {field.number}{told};"]


def _type(field: Any, name: TypeName) -> str:
    return name(field.type_name) if field.type_name else SCALARS[field.type]


def _field_options(field: Any) -> str:
    told = []
    if field.HasField("default_value"):
        told.append(f"default = {_default(field)}")
    if field.HasField("json_name") and field.json_name != json_name(field.name):
        told.append(f"json_name = {json.dumps(field.json_name)}")
    told += [f"{option} = {value}" for option, value in _set_options(field.options)]
    return f" [{', '.join(told)}]" if told else ""


def _default(field: Any) -> str:
    if field.type == _STRING:
        return json.dumps(field.default_value, ensure_ascii=False)
    return f'"{field.default_value}"' if field.type == _BYTES else field.default_value


def json_name(name: str) -> str:
    """The lower camel case that Protobuf gives a field which names none."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _enum(made: EnumDescriptorProto, indent: str) -> list[str]:
    rows = [f"{indent}enum {made.name} {{", *_options(made.options, f"{indent}  ")]
    for each in made.value:
        told = ", ".join(f"{option} = {value}" for option, value in _set_options(each.options))
        rows.append(f"{indent}  {each.name} = {each.number}{f' [{told}]' if told else ''};")
    rows += _numbers("reserved", ((each.start, each.end) for each in made.reserved_range), f"{indent}  ")
    return [*rows, *_names(made.reserved_name, f"{indent}  "), f"{indent}}}"]


def _extensions(fields: Iterable[Any], indent: str, name: TypeName, syntax: str) -> list[str]:
    return [f"{indent}extend {name(field.extendee)} {{ {_field(field, '', name, syntax, {}, {})[0]} }}"
            for field in fields if field.type != _GROUP]


def _service(made: Any, name: TypeName) -> str:
    rows = [f"service {made.name} {{"]
    for each in made.method:
        asked = f"{'stream ' if each.client_streaming else ''}{name(each.input_type)}"
        told = f"{'stream ' if each.server_streaming else ''}{name(each.output_type)}"
        rows.append(f"  rpc {each.name} ({asked}) returns ({told});")
    return "\n".join([*rows, "}"])


def _numbers(word: str, ranges: Iterable[tuple[int, int]], indent: str) -> list[str]:
    told = [str(first) if first == last else f"{first} to {'max' if last in (_LAST_NUMBER - 1, _LAST_ENUM) else last}"
            for first, last in ranges]
    return [f"{indent}{word} {', '.join(told)};"] if told else []


def _names(names: Iterable[str], indent: str) -> list[str]:
    told = ", ".join(json.dumps(each) for each in names)
    return [f"{indent}reserved {told};"] if told else []


def _options(options: Any, indent: str, but: tuple[str, ...] = ()) -> list[str]:
    return [f"{indent}option {name} = {value};" for name, value in _set_options(options) if name not in but]


def _set_options(options: Any, before: str = "") -> list[tuple[str, str]]:
    found = []
    for field, value in options.ListFields():
        if field.is_extension or field.is_repeated:
            continue
        name = f"{before}{field.name}"
        if field.message_type is not None:
            found += _set_options(value, f"{name}.")
        elif field.enum_type is not None:
            found.append((name, field.enum_type.values_by_number[value].name))
        elif isinstance(value, bool):
            found.append((name, "true" if value else "false"))
        else:
            found.append((name, json.dumps(value) if isinstance(value, str) else str(value)))
    return found
