"""Conditions lowered once to a small algebra of columns, which Polars and SQL print.

``nodes`` is the algebra, ``build`` lowers a process to a ``Plan``; nothing here knows Polars or SQL.
"""
