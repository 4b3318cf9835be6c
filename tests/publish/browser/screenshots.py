"""Pictures of a published playbook, to look at: ``make screenshots`` puts them into ``screenshots/``."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(CHECKOUT))

from tests.publish.browser.chromium import SCHEMES, WIDTHS, browser, program  # noqa: E402

PAGES = (
    "index", "lead", "stage-qualification", "stage-post-sale", "outcomes", "framework-bant", "framework-icp", "criteria",
    "metrics", "governance", "glossary", "checklist-qualification", "sheet-bant", "goals", "goal-stalled-deals", "article-what-is-a-sales-process",
)  # fmt: skip
CLIENT = ("index", "differences", "stage-technical-win")
"""Pages of the example of a client."""
PRINTED = ("index", "stage-qualification", "checklist-qualification", "sheet-bant")


def main(out: Path, *words: str) -> None:
    """The pictures and printed pages of the shipped process (or of what the words after the folder ask for)."""
    path, out = program(), out.resolve()
    if path is None:
        raise SystemExit("There is no Chromium here: apt-get install chromium")
    from dealgate.cli.main import main as dealgate

    asked = list(words) or ["practical"]
    for form in ("site", "file"):
        dealgate(["publish", *asked, "--out", str(out / form), "--as", form], standalone_mode=False)
    client = [
        "publish",
        str(CHECKOUT / "examples/client/harbour.yaml"),
        "--client",
        "Harbour",
        "--colour",
        "accent=#0b5d4e",
    ]
    dealgate([*client, "--out", str(out / "client")], standalone_mode=False)
    shots = [(out / "site" / f"{name}.html", name) for name in PAGES]
    shots += [(out / "client" / f"{name}.html", f"client-{name}") for name in CLIENT]
    with browser(path) as chromium:
        for width, height in WIDTHS.items():
            for scheme in SCHEMES:
                page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                for source, name in shots:
                    if source.is_file():
                        page.goto(source.as_uri())
                        page.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)
                page.close()
        page = chromium.new_page()
        for name in PRINTED:
            page.goto((out / "site" / f"{name}.html").as_uri())
            page.pdf(path=out / f"{name}.pdf", prefer_css_page_size=True)
        page.goto((out / "file" / "playbook.html").as_uri())
        page.pdf(path=out / "playbook.pdf", prefer_css_page_size=True)
    print(f"Pictures and printed pages are in {out}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
