"""Is this installation well? Each finding says what was looked at, what is so, and how to fix what is not.

For `hub doctor` and for the administrator's health page. Looking changes nothing: no file, no row, no process.
"""
