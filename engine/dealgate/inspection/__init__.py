"""Inspection: rules over deals, owners, teams and the pipeline; what they found, since when, and how clean it is."""
