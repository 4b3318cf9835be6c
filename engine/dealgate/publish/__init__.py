"""What is made of a playbook for others to use: its checks as SQL where the deals are, and as dbt models."""
