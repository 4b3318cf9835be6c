"""What a CRM has and what a mapping makes of it, for people and programs."""
