"""Alembic's migrations of the store; they travel in the wheel."""
