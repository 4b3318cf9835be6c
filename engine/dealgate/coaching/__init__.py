"""Coaching: what is known of a pipeline as facts, and what plays conclude from them."""
