"""What actions are told, declared once for pages and programs (decision 0045)."""
