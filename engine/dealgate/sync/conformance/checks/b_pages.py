"""Pages and cursors"""

from __future__ import annotations

from dealgate.ports import Reference

from ..lab import Lab, joined, missing


def pages_of_any_size_give_the_same_records(lab: Lab) -> None:
    """Pages of 1, 2, 3 and 1,000 records give the same records."""
    lab.deals(7)
    for stream in lab.streams():
        whole = {record.id: record.data for record in lab.read(stream).records}
        for limit in (1, 2, 3):
            found = {record.id: record.data for record in lab.read(stream, limit).records}
            lab.hold(
                found == whole, f"{stream}: the same {len(whole)} records in pages of {limit}",
                f"{len(found)}; {missing(list(whole), list(found))}",
                "`more` is True as long as one record is left; the last page may be short, none in between is lost.",
            )  # fmt: skip


def a_page_holds_no_more_than_was_asked_for(lab: Lab) -> None:
    """A page of deals holds no more records than were asked for."""
    lab.need(lab.cursor() != "window", "by a moment alone, all records of a moment come in one page")
    lab.deals(4)
    sizes = [len(page.records) for page in lab.pages("deals", 2)]
    lab.hold(max(sizes) <= 2, "2 records at most", str(max(sizes)), "Cut the page at `limit`, and set `more`.")


def the_engines_page_size_is_taken(lab: Lab) -> None:
    """A limit beyond what the CRM gives in one page is no error: the page is shorter, and `more` says so."""
    deals = lab.deals(3)
    found = lab.read(limit=100_000).ids
    lab.hold(set(deals) <= set(found), "all deals", missing(deals, found), "Ask for min(limit, the CRM's most).")


def what_changed_first_comes_first(lab: Lab) -> None:
    """What changed first comes first."""
    lab.need(lab.cursor() in ("keyset", "window"), f"the cursor is {lab.cursor()}")
    first, *_ = lab.deals(5)
    lab.change(first)
    moments = [record.modified for record in lab.read(limit=3).records if record.modified is not None]
    lab.hold(
        moments == sorted(moments), "records in the order of Record.modified", "another order",
        "Sort by the moment of the last change, then by id, both ascending.",
    )  # fmt: skip


def the_cursor_resumes_exactly(lab: Lab) -> None:
    """Another process resumes at a cursor exactly: nothing is lost, and nothing that was read comes again."""
    lab.need(lab.cursor() in ("keyset", "delta"), f"the cursor is {lab.cursor()}")
    deals = lab.deals(6)
    read = joined(list(lab.pages("deals", 2, others=True))).ids
    lab.hold(set(deals) <= set(read), "all deals", missing(deals, read), "A cursor says all that is needed to go on.")
    twice = {one for one in read if read.count(one) > 1}
    lab.hold(
        not twice, "each deal once", f"{len(twice)} came again",
        "Page.next stands behind the last record of the page: its moment and its id.",
    )  # fmt: skip


def records_of_one_moment_at_the_edge_of_a_page_all_come(lab: Lab) -> None:
    """Records that were written in one moment all come, wherever a page ends."""
    deals = lab.deals(5, together=True)
    found = lab.read()
    moments = {record.modified for record in found.records if record.id in deals}
    lab.need(len(moments) < len(deals), "the rig's CRM gave each record a moment of its own")
    for limit in (2, 3):
        read = lab.read(limit=limit).ids
        lab.hold(
            set(deals) <= set(read), f"all deals, in pages of {limit}", missing(deals, read),
            "A moment alone is no place in a list: go on after (moment, id), or read a moment again.",
        )  # fmt: skip


def a_page_that_is_read_again_gives_the_same(lab: Lab) -> None:
    """A page that is read again gives the same records, or more."""
    lab.deals(4)
    adapter = lab.adapter()
    first = adapter.pull("deals", None, 2)
    second = adapter.pull("deals", first.next, 2)
    for name, cursor, page in (("first", None, first), ("second", first.next, second)):
        again = adapter.pull("deals", cursor, 2)
        ids = [record.id for record in page.records]
        found = [record.id for record in again.records]
        lab.hold(
            set(ids) <= set(found), f"the {name} page again, with the same {len(ids)} records", missing(ids, found),
            "Keep nothing in the adapter of where a pull stands: the cursor says it.",
        )  # fmt: skip


def a_deal_edited_between_pages_comes_again(lab: Lab) -> None:
    """A deal that is edited between two pages comes again, in this pull or the next, as it is then."""
    first, *_ = lab.deals(5)
    pages = lab.pages("deals", 2)
    read = [next(pages)]
    while first not in joined(read).ids:
        read.append(next(pages))
    lab.rig.tick()
    lab.change(first)
    lab.rig.tick()
    read += pages
    found = joined(read)
    now = lab.adapter().fetch([Reference("deals", first)])[0].data
    later = lab.read(cursor=lab.onward(found.last)).newest()
    held = later.get(first) or found.newest()[first]
    lab.hold(
        dict(held.data) == dict(now), "the deal as it was edited", "the deal as it was before",
        "Read by the moment of the last change, to the end; or let the watermark be the moment the pull began.",
    )  # fmt: skip


def a_deal_written_during_a_pull_is_not_lost(lab: Lab) -> None:
    """A deal that is written while we read comes in this pull or the next."""
    lab.deals(5)
    pages = lab.pages("deals", 2)
    read = [next(pages)]
    lab.rig.tick()
    late = lab.deal()
    read += pages
    found = joined(read)
    ids = [*found.ids, *lab.read(cursor=lab.onward(found.last)).ids]
    lab.hold(
        late in ids, "the new deal", "it came in neither",
        "The watermark is a moment up to which all has been read: if the pull stops at the moment it began, that one.",
    )  # fmt: skip


def a_deal_written_at_the_watermark_is_not_lost(lab: Lab) -> None:
    """A deal that is written in the very moment of the watermark comes with the next pull."""
    lab.deals(2)
    last = lab.read().last
    lab.need(last.watermark <= lab.rig.now(), "the watermark is told to be late by another check")
    late = lab.rig.put_deal(lab.rig.stages()[0], **{name: pair[0] for name, pair in lab.rig.fields.items()})
    found = lab.read(cursor=lab.onward(last)).ids
    lab.hold(
        late in found, "the new deal", "it did not come",
        "A cursor of a moment and no id stands before every record of that moment.",
    )  # fmt: skip


def requests_grow_with_the_pages_not_with_the_records(lab: Lab) -> None:
    """A page is one request or a few, however many records it holds."""
    adapter, counts = lab.adapter(), []
    for more in (3, 12):
        lab.deals(more)
        before = lab.rig.requests()
        lab.read(adapter=adapter)
        counts.append(lab.rig.requests() - before)
    lab.hold(
        counts[1] <= counts[0] + 2, f"about {counts[0]} requests for 12 deals more", str(counts[1]),
        "Ask for a page of records with all their fields at once, not for each record.",
    )  # fmt: skip
