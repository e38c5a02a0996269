from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class AddIndexOnPostgreSQL(migrations.AddIndex):
    """SQLite has no trigram index; there a search reads the table."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [("services", "0001_initial")]

    operations = [
        TrigramExtension(),
        AddIndexOnPostgreSQL(
            "listing",
            GinIndex(fields=["search_text"], name="listing_search_trigrams", opclasses=["gin_trgm_ops"]),
        ),
    ]
