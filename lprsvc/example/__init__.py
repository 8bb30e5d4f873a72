"""The example set-up: invented people, cameras, vehicles and drawn photographs.

Nothing here is real, and every picture says so. The pure parts (`drawing`, `people`, `world`,
`feed`) import no Django; `load` is the only client of the rooms' services.
"""
