"""What an agenda can show, one kind a file: ``fill`` gives all its points, the most important first."""
