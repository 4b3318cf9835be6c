"""Frozen value classes that cost nothing to define.

A process is made of some fifty small classes. The standard ``dataclass`` compiles each at import, which is most of
what ``validate`` would spend; these share one constructor. Type checkers see frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self, dataclass_transform


class _Spec:
    """What ``field`` says of one attribute."""

    __slots__ = ("compare", "default", "factory")

    def __init__(self, default: Any, factory: Callable[[], Any] | None, compare: bool) -> None:
        self.default, self.factory, self.compare = default, factory, compare


def field(*, default: Any = None, default_factory: Callable[[], Any] | None = None, compare: bool = True) -> Any:
    """A default, or what makes one; ``compare`` False leaves the attribute out of equality and hash."""
    return _Spec(default, default_factory, compare)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Struct:
    """The base: attributes by annotation, in order; equal where class and compared attributes are; frozen."""

    _names: ClassVar[tuple[str, ...]] = ()
    _compared: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    _factories: ClassVar[dict[str, Callable[[], Any]]] = {}

    def __init_subclass__(cls) -> None:
        names = tuple(cls.__annotations__)
        defaults, factories, left_out = {}, {}, set()
        for name in names:
            if name not in cls.__dict__:
                continue
            value = cls.__dict__[name]
            if isinstance(value, _Spec):
                if not value.compare:
                    left_out.add(name)
                if value.factory is not None:
                    factories[name] = value.factory
                    continue
                value = value.default
            defaults[name] = value
        cls._names, cls._defaults, cls._factories = names, defaults, factories
        cls._compared = tuple(n for n in names if n not in left_out)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names, mine = self._names, self.__dict__
        mine.update(self._defaults)
        mine.update(zip(names, args, strict=False))
        mine.update(kwargs)
        for name, make in self._factories.items():
            if name not in mine:
                mine[name] = make()
        if len(mine) != len(names) or len(args) + len(kwargs) > len(names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}; got {', '.join(mine)}")

    def replace(self, **changes: Any) -> Self:
        """The same with some attributes changed."""
        return type(self)(**{name: self.__dict__[name] for name in self._names} | changes)

    def compared(self) -> dict[str, Any]:
        """The attributes that make it what it is."""
        return {name: self.__dict__[name] for name in self._compared}

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: values do not change")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self is other or all(self.__dict__[n] == other.__dict__[n] for n in self._compared)

    def __hash__(self) -> int:
        held = self.__dict__.get("_hash")
        if held is None:
            held = hash((type(self), *(self.__dict__[n] for n in self._compared)))
            self.__dict__["_hash"] = held
        return int(held)

    def __repr__(self) -> str:
        said = ", ".join(f"{n}={self.__dict__[n]!r}" for n in self._names)
        return f"{type(self).__name__}({said})"
