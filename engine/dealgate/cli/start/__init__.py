"""The guided start behind ``dealgate init``: its questions, and what a workspace is made of."""
