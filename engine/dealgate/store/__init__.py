"""What was learned of deals, kept for good: append-only, by when it happened and by when it was learned.

Nothing heavy is imported before a store is opened: SQLModel alone takes most of a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .results import ERASED, Broken, Ingested

if TYPE_CHECKING:
    from .core import Store

__all__ = ["ERASED", "Broken", "Ingested", "Store", "open_store"]


def open_store(url: str, *, ready: bool = True, wait: float = 10.0) -> Store:
    """The store at a SQLAlchemy URL: ``sqlite:///FILE`` or ``postgresql://…``.

    ``ready`` False opens a database that ``init`` or ``upgrade`` is to be called on; ``wait`` is how many seconds to
    wait for a lock. Raises WrongUsage for another kind of URL, SourceFailed for a database that cannot be reached, is
    no store, or is one of another version.
    """
    from .core import Store

    return Store(url, ready=ready, wait=wait)


def __getattr__(name: str) -> object:
    """``Store`` itself, only when it is asked for."""
    if name == "Store":
        from .core import Store

        return Store
    raise AttributeError(name)
