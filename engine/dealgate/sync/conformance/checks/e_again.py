"""Looking again"""

from __future__ import annotations

from dealgate.ports import Reference

from ..lab import Lab


def fetch_reads_again(lab: Lab) -> None:
    """`fetch` gives a record as it is now, in the same form as a pull."""
    deal, _ = lab.deals(2)
    adapter = lab.adapter()
    lab.read(adapter=adapter)
    adapter.fetch([Reference("deals", deal)])
    lab.rig.tick()
    lab.change(deal)
    found = adapter.fetch([Reference("deals", deal)])
    lab.hold(len(found) == 1 and found[0].id == deal, "one record, of that id", f"{len(found)} records", "One each.")
    pulled = lab.read().newest()[deal]
    lab.hold(
        dict(found[0].data) == dict(pulled.data) and found[0].table == pulled.table,
        "what a pull gives now", "something else", "Ask the CRM each time, and make the record by the same code.",
    )  # fmt: skip


def fetch_leaves_out_what_is_not_there(lab: Lab) -> None:
    """`fetch` leaves out a record that is gone or never was."""
    gone, kept = lab.deals(2)
    lab.rig.delete(gone)
    adapter = lab.adapter()
    ids = [record.id for record in adapter.fetch([Reference("deals", one) for one in (gone, kept)])]
    lab.hold(ids == [kept], "the other record alone", ", ".join(ids) or "nothing", "Leave out what is gone.")


def a_version_changes_with_every_edit(lab: Lab) -> None:
    """The version of a deal changes with every edit, and with nothing else."""
    lab.need(lab.able.compare_and_set != "none", "the adapter compares no versions")
    deal = lab.deal()
    before = lab.version(deal)
    lab.hold(
        before, "a version of the deal in Record.version", "none",
        "Put there what tells whether the deal has changed: an etag, a revision, the moment of its last change.",
    )  # fmt: skip
    lab.rig.tick()
    lab.hold(lab.version(deal) == before, "the same version", "another", "Nothing was written in between.")
    lab.change(deal)
    lab.hold(lab.version(deal) != before, "another version", "the same", "Every change of the record gives a new one.")


def closing_twice_does_no_harm(lab: Lab) -> None:
    """Closing an adapter twice does no harm."""
    adapter = lab.adapter()
    adapter.pull("deals", None, 1)
    adapter.close()
    adapter.close()
