"""A report of ``check`` as a table, JSON, a spreadsheet …: one file a format, found by its name.

Each has ``render(report, out, limit)``: ``out`` is a path or None for standard output.
"""
