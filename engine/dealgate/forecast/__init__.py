"""What a period will bring: by which method, on which evidence, in which range, and how far that held before."""
