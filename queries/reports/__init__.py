"""The printed report of an answer: a PDF with pictures and maps, or a workbook (QRY-8, QRY-9)."""
