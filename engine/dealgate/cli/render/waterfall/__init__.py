"""A waterfall in every format: ``render(waterfall, past, out, with_deals)`` in each file."""
