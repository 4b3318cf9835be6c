"""What the SQL adapter is made of: shapes of tables, pages by keyset, values as texts, troubles in words."""
