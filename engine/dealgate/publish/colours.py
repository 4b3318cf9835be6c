"""Colours and how well they can be read: contrast by WCAG 2.1."""

from __future__ import annotations


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.1, definition)."""

    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    """The contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def mixed(a: str, b: str, share: float) -> str:
    """``a`` with so much of ``b`` in it."""
    parts = (round(x + (y - x) * share) for x, y in zip(channels(a), channels(b), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def legible(colour: str, ground: str, least: float) -> str:
    """The colour, moved towards black or white only as far as it takes to have so much contrast with the ground."""
    if contrast(colour, ground) >= least:
        return colour
    end = max(("#000000", "#ffffff"), key=lambda pole: contrast(pole, ground))
    for step in range(1, 101):
        tried = mixed(colour, end, step / 100)
        if contrast(tried, ground) >= least:
            return tried
    return end
