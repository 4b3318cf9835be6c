"""Drawings as SVG: inside a page, where its colours rule, or as a file of its own."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import escape

from .blocks import Drawing, Ref, Scene, Shape

Href = Callable[[Ref], str]


def inside(drawing: Drawing, name: str, href: Href | None) -> str:
    """Both drawings, of which the page's style shows one. ``name`` keeps their ids apart from others'."""
    both = (("wide", drawing.wide), ("narrow", drawing.narrow))
    return "\n".join(printed(drawing, scene, f"{name}-{which}", f"map {which}", href) for which, scene in both)


def printed(drawing: Drawing, scene: Scene, name: str, look: str, href: Href | None, style: str = "") -> str:
    """One scene. Without ``href`` nothing in it is a link."""
    box = f'viewBox="0 0 {scene.width} {scene.height}"'
    said = f'<title id="{name}-t">{_text(drawing.title)}</title><desc id="{name}-d">{_text(drawing.words)}</desc>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="{look}" {box} role="{"group" if href else "img"}"'
    named = f' aria-labelledby="{name}-t" aria-describedby="{name}-d">'
    return f"{head}{named}{said}{style}{''.join(_shape(one, href) for one in scene.shapes)}</svg>"


def _shape(shape: Shape, href: Href | None) -> str:
    tag, attributes = shape.tag, "".join(f' {key}="{_text(value)}"' for key, value in shape.attributes)
    if shape.to is not None:
        if href is None:
            tag = "g"
        else:
            attributes += f' href="{_text(href(shape.to))}"'
    inner = _text(shape.text) + "".join(_shape(one, href) for one in shape.inner)
    return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"


def _text(text: str) -> str:
    """Escaped; a character that XML does not have is left out."""
    return str(escape("".join(char for char in text if char >= " " or char in "\t\n")))
