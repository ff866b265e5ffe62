"""Levels and modes: of a subject, of its context, of all, and which of them holds.

What a subject has not is taken from its context, then from what is set for all. READONLY_OVERRIDE for all holds
everywhere. A change is one transaction of the broker.
"""

from __future__ import annotations

from dataclasses import replace

from workbench.broker import Schemas
from workbench.core.schemas import ALL, DEFAULT_LEVEL, DEFAULT_MODE, LEVELS, MODES, SubjectSettings
from workbench.session.schemas import problems
from workbench.session.schemas.lookup import SchemaLookup
from workbench.session.schemas.subjects import DEFAULT_CONTEXT, GLOBAL_CONTEXT, normal, place_of


def target_of(name: str) -> str:
    """What settings of ``name`` are kept under: the default and the global context stand for all."""
    place = place_of(name)
    return ALL if not place.subject and place.context in (DEFAULT_CONTEXT, GLOBAL_CONTEXT) else normal(name)


class Settings:
    """``schemas`` is missing where a file is only looked at."""

    def __init__(self, lookup: SchemaLookup, schemas: Schemas | None) -> None:
        self._lookup = lookup
        self._schemas = schemas

    # -- what holds --------------------------------------------------------------------------------------------
    def own(self, name: str) -> SubjectSettings:
        return self._lookup.catalogue.settings(target_of(name))

    def in_scope(self, name: str) -> SubjectSettings:
        """Every setting as it holds for a subject; level and mode are never None."""
        found = SubjectSettings(DEFAULT_LEVEL, DEFAULT_MODE, False)
        for key in (ALL, place_of(name).prefix, target_of(name)):
            found = _over(found, self._lookup.catalogue.settings(key))
        if self._lookup.catalogue.settings(ALL).mode == "READONLY_OVERRIDE":
            found = replace(found, mode="READONLY_OVERRIDE")
        return found

    def level(self, name: str) -> str:
        return self.in_scope(name).level or DEFAULT_LEVEL

    def mode(self, name: str) -> str:
        return self.in_scope(name).mode or DEFAULT_MODE

    # -- changes -----------------------------------------------------------------------------------------------
    def put_level(self, name: str, level: object, normalize: bool | None = None, group: str | None = None) -> str:
        """42203 for what is no level. Returned is how it is kept."""
        kept = level.upper() if isinstance(level, str) else None
        if kept not in LEVELS and not (level is None and (normalize, group) != (None, None)):
            raise problems.bad_level()
        self._change(name, SubjectSettings(kept, None, normalize, group))
        return kept or ""

    def forget_level(self, name: str) -> SubjectSettings:
        """Go by what is above. Returned is what it had; 40401 where it had nothing."""
        had = self.own(name)
        if target_of(name) != ALL and had.level is None and had.normalize is None and had.group is None:
            raise problems.no_subject(name)
        self._put(name, SubjectSettings(mode=had.mode))
        return had

    def put_mode(self, name: str, mode: object, force: bool = False) -> str:
        """IMPORT only where nothing is registered, unless by force."""
        kept = mode.upper() if isinstance(mode, str) else ""
        if kept not in MODES:
            raise problems.bad_mode()
        if kept == "IMPORT" and self.mode(name) != "IMPORT" and not force and self._holds_something(name):
            raise problems.not_permitted("Cannot import since found existing subjects")
        self._change(name, SubjectSettings(mode=kept))
        return kept

    def forget_mode(self, name: str) -> str:
        had = self.own(name)
        if target_of(name) != ALL and had.mode is None:
            raise problems.no_subject(name)
        self._put(name, replace(had, mode=None))
        return had.mode or DEFAULT_MODE

    def forget(self, name: str) -> None:
        """Of a subject that is gone."""
        if self.own(name) != SubjectSettings():
            self._put(name, SubjectSettings())

    def _holds_something(self, name: str) -> bool:
        target = target_of(name)
        if target and place_of(target).subject:
            return bool(self._lookup.versions(target))
        return any(target == ALL or place_of(subject).prefix == target for subject in self._lookup.subjects())

    def _change(self, name: str, settings: SubjectSettings) -> None:
        if target_of(name) and len(name) > problems.MOST_NAME:
            raise problems.bad_subject(name)
        self._put(name, _over(self.own(name), settings))

    def _put(self, name: str, settings: SubjectSettings) -> None:
        assert self._schemas is not None, "a file that is only looked at takes no settings"
        with self._schemas.turn:
            self._schemas.put_settings(target_of(name), settings)


def _over(below: SubjectSettings, above: SubjectSettings) -> SubjectSettings:
    return SubjectSettings(above.level or below.level, above.mode or below.mode,
                           below.normalize if above.normalize is None else above.normalize, above.group or below.group)
