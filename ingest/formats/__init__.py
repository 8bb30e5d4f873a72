"""One pure module per camera software: payload → reads as `ingest.schemas` has them."""
