"""A Zoho CRM organisation (API v8) in memory, over real HTTP, by the vendor's documentation."""

from .crm import CLIENT, REFRESH, SECRET, Zoho

__all__ = ["CLIENT", "REFRESH", "SECRET", "Zoho"]
