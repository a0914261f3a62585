"""The staff panel under `/admin`: pages for people, over the same services as the API. No rule lives here."""
