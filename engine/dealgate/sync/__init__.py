"""Into the CRM and out of it: what changed there is pulled, what follows from it is planned and written back."""
