"""The headers of a request, found by their names in any case, as HTTP has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


class Headers(Mapping[str, str]):
    """Of a mapping or of pairs. A name that comes twice has its values joined by a comma."""

    def __init__(self, given: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for name, value in given.items() if isinstance(given, Mapping) else given:
            key = name.lower()
            self._names.setdefault(key, name)
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        """The value of that header. Raises KeyError."""
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """The names, as they were written."""
        return iter(self._names.values())

    def __len__(self) -> int:
        """How many."""
        return len(self._names)
