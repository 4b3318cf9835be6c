"""What plays recommend: for a terminal, as JSON, as CSV; and the reasons of one."""
