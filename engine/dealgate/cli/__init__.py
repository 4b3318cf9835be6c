"""The command line: one file a command, rendering apart from deciding. Only here is the clock read."""
