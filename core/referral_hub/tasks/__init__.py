"""Tasks: something an organisation must do by a date, so that it stands on someone's list until it is done."""
