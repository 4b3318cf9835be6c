"""Reading tables from files: one, or a folder of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from dealgate.model.diagnostics import SourceFailed, Where, error
from dealgate.sources.files import unopened
from dealgate.sources.formats import Format, formats
from dealgate.sources.table import ITEM, ROW, ReadOptions, Table

__all__ = ["ITEM", "ROW", "Folder", "ReadOptions", "Table", "columns_of", "read_folder", "read_table"]

_AS_FOUND = ReadOptions()


def read_table(path: str | Path, options: ReadOptions = _AS_FOUND) -> Table:
    """The table in the file at ``path``; its diagnostics say what was noticed.

    ``Book.xlsx#Deals`` names a sheet. Raises SourceFailed (DG600 to DG606).
    """
    file, chosen = _sheet(Path(path), options)
    return _format_of(file).read(file, chosen)


def columns_of(path: str | Path, options: ReadOptions = _AS_FOUND) -> list[str]:
    """The column names alone, without reading the rows where the format allows it. Raises SourceFailed."""
    file, chosen = _sheet(Path(path), options)
    return _format_of(file).header(file, chosen)


def read_folder(path: str | Path, options: ReadOptions | Mapping[str, ReadOptions] = _AS_FOUND) -> Folder:
    """The tables of a folder, each read when it is first asked for; a file is a folder of one.

    ``options`` are for every table, or by file name. Raises SourceFailed where there is no such folder.
    """
    return Folder(Path(path), options)


class Folder(Mapping[str, Table]):
    """Tables by file name, compared case-folded; the name without its suffix will do where only one file has it.

    Hidden files, lock files and files of no known kind are no tables; folders inside are not entered.
    """

    def __init__(self, path: Path, options: ReadOptions | Mapping[str, ReadOptions] = _AS_FOUND) -> None:
        """Looks at the names in the folder, and reads nothing yet."""
        self.path = path
        self._options = options
        self._read: dict[str, Table] = {}
        try:
            files = [path] if path.is_file() else [entry for entry in path.iterdir() if entry.is_file()]
        except OSError as problem:
            raise unopened(path, problem) from None
        self._files = {
            file.name: file
            for file in sorted(files)
            if file.suffix.lower() in formats() and not file.name.startswith((".", "~$"))
        }

    def __iter__(self) -> Iterator[str]:
        """The file names, sorted."""
        return iter(self._files)

    def __len__(self) -> int:
        """How many files."""
        return len(self._files)

    def __contains__(self, name: object) -> bool:
        """Whether ``name`` stands for one of the files."""
        return isinstance(name, str) and self.find(name) is not None

    def find(self, name: str) -> str | None:
        """The file name that ``name`` stands for, or None. A sheet after ``#`` is kept."""
        wanted, _, sheet = name.partition("#")
        folded = wanted.strip().casefold()
        exact = [file for file in self._files if file == wanted]
        whole = [file for file in self._files if file.casefold() == folded]
        stems = [file for file in self._files if Path(file).stem.casefold() == folded]
        for files in (exact, whole, stems):
            if len(files) == 1:
                return files[0] + (f"#{sheet}" if sheet else "")
        return None

    def __getitem__(self, name: str) -> Table:
        """The table of that name. Raises KeyError where there is none, SourceFailed where it cannot be read."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        if found not in self._read:
            self._read[found] = read_table(self.path_of(found), self._options_for(found))
        return self._read[found]

    def columns(self, name: str) -> list[str]:
        """The column names of that table, cheaply. Raises as reading does."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return columns_of(self.path_of(found), self._options_for(found))

    def path_of(self, name: str) -> Path:
        """Where the file of that name stands, its sheet after ``#``. Raises KeyError."""
        file, mark, sheet = name.partition("#")
        return self._files[file].with_name(file + mark + sheet)

    def _options_for(self, name: str) -> ReadOptions:
        if isinstance(self._options, ReadOptions):
            return self._options
        by_name = {given.casefold(): options for given, options in self._options.items()}
        for spelled in (name, Path(name).stem):
            if spelled.casefold() in by_name:
                return by_name[spelled.casefold()]
        return _AS_FOUND


def _sheet(path: Path, options: ReadOptions) -> tuple[Path, ReadOptions]:
    file, mark, sheet = path.name.partition("#")
    if not mark or os.path.lexists(path) or Path(file).suffix.lower() not in formats():
        return path, options
    return path.with_name(file), replace(options, sheet=sheet)


def _format_of(path: Path) -> Format:
    known = formats()
    if path.is_dir():
        raise SourceFailed(error("DG600", "The file cannot be read: it is a folder.", Where(str(path))))
    suffix = path.suffix.lower()
    if suffix not in known:
        spelled = f"'{suffix}'" if suffix else "without a suffix"
        raise SourceFailed(
            error(
                "DG601",
                f"A file {spelled} is of no kind that can be read.",
                Where(str(path)),
                f"Export it as one of: {', '.join(sorted(known))}.",
            )
        )
    return known[suffix]
