"""Where module code runs: a process of its own, spoken to over pipes, confined as far as the system allows."""
