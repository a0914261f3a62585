"""A browser of a staff member: the panel's cookie and its form token."""

import re


class Browser:
    """A test client that is signed in to the panel."""

    def __init__(self, client, token):
        self.client = client
        if token:
            client.set_cookie("staff", token)

    def get(self, path, **options):
        return self.client.get(path, **options)

    def text(self, path):
        answer = self.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        return answer.text

    def post(self, path, form=None, *, token=None, **options):
        return self.client.post(path, data={"csrf_token": self.token if token is None else token, **(form or {})}, **options)

    @property
    def token(self):
        return re.search(r'name="csrf_token" value="(\w+)"', self.text("/admin/me"))[1]
