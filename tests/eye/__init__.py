"""What people see, drawn for a person to look at: no test, but kept alive by one."""
