"""Checks as SQL: a plan printed by sqlglot's builder, run where the deals already are."""
