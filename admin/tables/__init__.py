"""Every list of the panel as a table for a file."""

from admin.tables import alerts, citizens, messages, office, voting
from admin.tables.table import Table

TABLES: dict[str, Table] = {
    name: table for part in (citizens, voting, alerts, messages, office) for name, table in part.TABLES.items()
}
