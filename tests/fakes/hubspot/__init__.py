"""HubSpot by its documentation, over real HTTP: its limits of pages and batches, its errors, its late search."""

from __future__ import annotations

from .api import APP, CLIENT, HubSpotFake
from .portal import By, Portal, iso

__all__ = ["APP", "CLIENT", "By", "HubSpotFake", "Portal", "iso"]
