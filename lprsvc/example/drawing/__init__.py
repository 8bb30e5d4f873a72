"""Draws plates, vehicles and the scenes a plate camera sees.

Plain Pillow; the same seed gives the same bytes. Each picture carries a small "DRAWN EXAMPLE"
mark, so that nobody takes one for a photograph.
"""
