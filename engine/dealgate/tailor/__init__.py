"""A consultant's work on documents: choosing a base, telling what differs, moving an overlay to a moved base."""
