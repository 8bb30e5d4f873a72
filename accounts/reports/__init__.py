"""Documents made of what the accounts room knows: spreadsheets and PDFs."""
