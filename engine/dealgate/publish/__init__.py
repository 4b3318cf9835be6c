"""What is made of a playbook for others to use: something to read, its checks as SQL, and dbt models."""
