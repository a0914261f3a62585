"""The WSGI entry point: `granian --interface wsgi wsgi:app`."""

import signal

from mvoting.app import create_app
from mvoting.stack.child import die_with_parent

die_with_parent(signal.SIGKILL)  # granian's workers would outlive a killed master and keep its port
app = create_app()
