"""The Polars back end: a plan printed as expressions, many deals judged at once."""
