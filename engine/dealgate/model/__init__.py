"""What things are: values, fields, conditions, processes, verdicts. Pure: no files, clock or third-party imports."""
