"""The vendor's pages, a module for each noun; importing them registers the pages (ING-1, ING-5).

Reads are not here: they are seen as answers to queries and as matches alone (QRY-2).
"""

from ingest.admin import jurisdictions, quarantine, receipts, sources

__all__ = ["jurisdictions", "quarantine", "receipts", "sources"]
