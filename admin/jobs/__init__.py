"""Long work of staff, done by a worker: started in a form, followed on a page, kept when the tab is closed."""
