"""The WSGI entry point, for `python -m mvoting serve` and any WSGI server."""

from mvoting.app import create_app

app = create_app()
