"""An HTML page from a template; everything put into it is escaped."""

from __future__ import annotations

from pathlib import Path


def page(template: Path, **values: object) -> str:
    """The page without blanks at its end. A name that the template reads and that is not given is an error.

    What several pages have in common (``base.html``, ``page.css``) lies beside this file.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([template.parent, Path(__file__).parent]), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(template.name).render(values).rstrip()
