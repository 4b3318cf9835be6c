"""A mapping as SQL: the staging relation that compiled checks read, made of the raw tables where they are."""
