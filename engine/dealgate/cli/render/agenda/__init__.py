"""Agendas, one format a file."""
