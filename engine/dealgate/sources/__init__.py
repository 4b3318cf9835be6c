"""Deals from tables and files: reading them as they stand, and the forms that foreign text takes."""
