"""Election files, read and written line by line: BLT, ABIF, PrefLib, pabulib, CSV and JSON."""
