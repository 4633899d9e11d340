"""Bytes become rows of text cells. A reader knows a format, never a dealer."""
