"""Service modules: found without importing them, called through workers, their replies checked before they count."""
