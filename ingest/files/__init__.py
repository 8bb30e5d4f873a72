"""Files of reads on disk: our own and vendors', with the photographs beside them or in a zip.

Nothing is ever unpacked to disk, and no name leads out of the folder or archive it stands in.
"""
