"""A .proto text (proto2, proto3, editions) as a FileDescriptorProto, by proto-schema-parser; no compiler.

Its grammar is ANTLR's: two hundred kilobytes a second and a stack as deep as the text nests, so both are bounded here
before it sees the text. What it tells of errors goes into the sentence; custom options are read over. Names of types
stay as written: the descriptor pool resolves them by Protobuf's own rules of scope.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Invalid
from workbench.serde.schemas.base import DEPTH_LIMIT
from workbench.serde.schemas.protobuf_options import literal, set_field_options, set_options

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto

TEXT_LIMIT = 1024 * 1024
_NESTING = min(DEPTH_LIMIT, 30)
_TYPES = {"double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "fixed64": 6, "fixed32": 7, "bool": 8,
          "string": 9, "bytes": 12, "uint32": 13, "sfixed32": 15, "sfixed64": 16, "sint32": 17, "sint64": 18}
_GROUP, _MESSAGE = 10, 11
_OPTIONAL, _REQUIRED, _REPEATED = 1, 2, 3
_LABELS = {"OPTIONAL": _OPTIONAL, "REQUIRED": _REQUIRED, "REPEATED": _REPEATED}
_LAST_NUMBER = 536_870_911
_NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
_OPENS_OR_CLOSES = re.compile(r"[{\[(<>)\]}]")


def file_of_text(text: str, place: str = "") -> FileDescriptorProto:
    """``Invalid`` with line and column of the first thing that is no Protobuf; ``place`` goes before it."""
    from proto_schema_parser import ast

    tree = _parsed(text, place)
    file = _File(tree, place)
    for element in tree.file_elements:
        match element:
            case ast.Package():
                file.proto.package = element.name
            case ast.Import():
                file.imported(element)
            case ast.Message():
                file.message(element, file.proto.message_type.add())
            case ast.Enum():
                file.enum(element, file.proto.enum_type.add())
            case ast.Extension():
                file.extension(element, file.proto.extension, file.proto.message_type)
            case ast.Service():
                file.service(element)
            case ast.Option():
                set_options(file.proto.options, [element])
    return file.proto


def _parsed(text: str, place: str) -> Any:
    if len(text) > TEXT_LIMIT:
        raise Invalid("{place}The .proto text has {count:.1f} MB, more than {text_limit}.",
                      "Split it into files that import each other.", place=place, count=len(text) / 1024 / 1024,
                      text_limit=TEXT_LIMIT // 1024 // 1024)
    _check_nesting(text, place)
    from antlr4.error.ErrorListener import ErrorListener
    from proto_schema_parser.parser import Parser

    class First(ErrorListener):
        def syntaxError(self, recognizer, offendingSymbol, line, column, msg, e):  # noqa: N803 (its names)
            shown = re.sub(r"expecting \{.{80,}\}", "it can't stand here", msg, flags=re.DOTALL)
            raise Invalid("{place}It is no Protobuf: {shown} in line {line}, column {column}.", place=place,
                          shown=shown.splitlines()[0], line=line, column=column + 1)

    def set_up(part: Any) -> None:
        part.removeErrorListeners()
        part.addErrorListener(First())

    try:
        return Parser(setup_lexer=set_up, setup_parser=set_up).parse(text)
    except RecursionError:
        raise Invalid("{place}The .proto text nests too deep.", place=place) from None
    except (ValueError, AttributeError, TypeError) as wrong:  # what its tree builder has no case for
        raise Invalid("{place}It is no Protobuf that can be read here: {wrong}.", place=place, wrong=wrong) from None


def _check_nesting(text: str, place: str) -> None:
    depth = 0
    for mark in _OPENS_OR_CLOSES.finditer(_NOT_CODE.sub("", text)):
        depth += 1 if mark[0] in "{[(<" else -1
        if depth > _NESTING:
            raise Invalid("{place}The .proto text nests more than {nesting} deep.", "Move inner messages out.",
                          place=place, nesting=_NESTING)


class _File:
    """The file that is being made."""

    def __init__(self, tree: Any, place: str) -> None:
        from google.protobuf import descriptor_pb2

        self.proto = descriptor_pb2.FileDescriptorProto()
        self._place = place
        syntax = (tree.syntax or "").strip("'\"")
        if tree.edition:
            self.proto.syntax = "editions"
            try:
                self.proto.edition = descriptor_pb2.Edition.Value(f"EDITION_{tree.edition.strip(chr(34) + chr(39))}")
            except ValueError:
                raise Invalid("{place}There is no Protobuf edition {edition}.", place=place,
                              edition=tree.edition) from None
        elif syntax not in ("", "proto2", "proto3"):
            raise Invalid("{place}There is no Protobuf syntax {syntax!r}.", "Use proto2 or proto3.", place=place,
                          syntax=syntax)
        elif syntax == "proto3":
            self.proto.syntax = "proto3"

    def imported(self, element: Any) -> None:
        if element.public:
            self.proto.public_dependency.append(len(self.proto.dependency))
        if element.weak:
            self.proto.weak_dependency.append(len(self.proto.dependency))
        self.proto.dependency.append(element.name.strip("'\""))

    def message(self, element: Any, made: DescriptorProto) -> None:
        made.name = element.name
        optional: list[Any] = []
        for each in element.elements:
            optional += self._member(each, made)
        for field in optional:  # each in a oneof of its own, behind the real ones
            field.oneof_index = len(made.oneof_decl)
            made.oneof_decl.add(name=_free_name(f"_{field.name}", made))

    def _member(self, each: Any, made: DescriptorProto) -> list[Any]:
        """The fields among it that are ``optional`` in proto3."""
        from proto_schema_parser import ast

        match each:
            case ast.Field():
                return self._field(each, made.field.add())
            case ast.MapField():
                self._map(each, made)
            case ast.Group():
                self._group(each, made.field.add(), made.nested_type)
            case ast.OneOf():
                self._oneof(each, made)
            case ast.Message():
                self.message(each, made.nested_type.add())
            case ast.Enum():
                self.enum(each, made.enum_type.add())
            case _:
                self._rest(each, made)
        return []

    def _rest(self, each: Any, made: DescriptorProto) -> None:
        from proto_schema_parser import ast

        match each:
            case ast.Extension():
                self.extension(each, made.extension, made.nested_type)
            case ast.Reserved():
                self._reserved(each, made)
            case ast.ExtensionRange():
                for start, end in self._ranges(each.ranges, _LAST_NUMBER):
                    made.extension_range.add(start=start, end=end + 1)
            case ast.Option():
                set_options(made.options, [each])

    def _field(self, element: Any, made: Any) -> list[Any]:
        """The field itself where it is ``optional`` in proto3."""
        made.name, made.number = element.name, self._number(element)
        made.label = _LABELS[element.cardinality.value] if element.cardinality else _OPTIONAL
        self._type(element.type, made)
        set_field_options(made, element.options)
        if self.proto.syntax == "proto3" and element.cardinality and made.label == _OPTIONAL:
            made.proto3_optional = True
            return [made]
        return []

    def _number(self, element: Any) -> int:
        if not 1 <= element.number <= _LAST_NUMBER or 19_000 <= element.number <= 19_999:
            raise Invalid("{place}The field {name!r} has the number {number}; numbers go from 1 to {last_number}, "
                          "without 19000 to 19999.", place=self._place, name=element.name, number=element.number,
                          last_number=_LAST_NUMBER)
        return element.number

    def _type(self, name: str, made: Any) -> None:
        name = "".join(name.split())
        if name in _TYPES:
            made.type = _TYPES[name]
        else:
            made.type_name = name

    def _map(self, element: Any, made: DescriptorProto) -> None:
        camel = "".join(part[:1].upper() + part[1:] for part in element.name.split("_"))
        entry = made.nested_type.add(name=f"{camel}Entry")
        entry.options.map_entry = True
        key = entry.field.add(name="key", number=1, label=_OPTIONAL)
        self._type(element.key_type, key)
        if key.type_name or key.type in (1, 2, 12):
            raise Invalid("{place}The map {name!r} has keys of type {key_type}; they must be whole numbers, bool or "
                          "string.", place=self._place, name=element.name, key_type=element.key_type)
        self._type(element.value_type, entry.field.add(name="value", number=2, label=_OPTIONAL))
        field = made.field.add(name=element.name, number=self._number(element), label=_REPEATED, type=_MESSAGE)
        field.type_name = entry.name
        set_field_options(field, element.options)

    def _group(self, element: Any, made: Any, beside: Any) -> None:
        self.message(element, beside.add())
        made.name, made.number = element.name.lower(), self._number(element)
        made.label = _LABELS[element.cardinality.value] if element.cardinality else _OPTIONAL
        made.type, made.type_name = _GROUP, element.name

    def _oneof(self, element: Any, made: DescriptorProto) -> None:
        from proto_schema_parser import ast

        index = len(made.oneof_decl)
        decl = made.oneof_decl.add(name=element.name)
        for each in element.elements:
            match each:
                case ast.Field():
                    field = made.field.add(oneof_index=index)
                    self._field(each, field)
                case ast.Group():
                    self._group(each, made.field.add(oneof_index=index), made.nested_type)
                case ast.Option():
                    set_options(decl.options, [each])

    def enum(self, element: Any, made: EnumDescriptorProto) -> None:
        from proto_schema_parser import ast

        made.name = element.name
        for each in element.elements:
            match each:
                case ast.EnumValue():
                    value = made.value.add(name=each.name, number=each.number)
                    set_options(value.options, each.options)
                case ast.EnumReserved():
                    for start, end in self._ranges(each.ranges, 2**31 - 1):
                        made.reserved_range.add(start=start, end=end)
                    made.reserved_name.extend(name.strip("'\"") for name in each.names)
                case ast.Option():
                    set_options(made.options, [each])

    def extension(self, element: Any, made: Any, beside: Any) -> None:
        from proto_schema_parser import ast

        for each in element.elements:
            if isinstance(each, ast.Field):
                self._field(each, made.add(extendee=element.typeName))
            elif isinstance(each, ast.Group):
                self._group(each, made.add(extendee=element.typeName), beside)

    def service(self, element: Any) -> None:
        from proto_schema_parser import ast

        made = self.proto.service.add(name=element.name)
        for each in element.elements:
            if isinstance(each, ast.Method):
                made.method.add(
                    name=each.name, input_type=each.input_type.type, output_type=each.output_type.type,
                    client_streaming=each.input_type.stream, server_streaming=each.output_type.stream)

    def _reserved(self, element: Any, made: DescriptorProto) -> None:
        for start, end in self._ranges(element.ranges, _LAST_NUMBER):
            made.reserved_range.add(start=start, end=end + 1)
        made.reserved_name.extend(name.strip("'\"") for name in element.names)

    def _ranges(self, told: list[str], last: int) -> list[tuple[int, int]]:
        """``5``, ``10 to 15``, ``20 to max``: first and last."""
        found = []
        for each in told:
            start, _, end = (part.strip() for part in each.partition("to"))
            first = int(literal(start))
            found.append((first, last if end == "max" else int(literal(end)) if end else first))
        return found


def _free_name(name: str, made: DescriptorProto) -> str:
    """Protobuf's rule for the oneof of an ``optional`` field: X before the name until it is free."""
    taken = {each.name for each in (*made.field, *made.oneof_decl, *made.nested_type, *made.enum_type)}
    while name in taken:
        name = f"X{name}"
    return name
