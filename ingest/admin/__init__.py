"""The vendor's pages, a module for each noun; importing them registers the pages (ING-1, ING-5).

Reads are not listed here: they are seen as answers to queries, as matches, and one by one where
an error was reported (QRY-2).
"""

from ingest.admin import geodata, jurisdictions, quarantine, receipts, reports, sources

__all__ = ["geodata", "jurisdictions", "quarantine", "receipts", "reports", "sources"]
