"""What a CRM can hold of a process, for people and programs."""
