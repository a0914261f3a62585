"""Every request that makes something can be repeated from a tunnel: with an Idempotency-Key, or because of what it is."""

# Routes that need no key, each with what makes a repetition harmless.
BY_NATURE = {
    "/v1/sign-in/phone": "a new code replaces the one before, and few are sent to one number",
    "/v1/me/approval-codes": "a new code replaces the one before",
    "/v1/me/guardian-codes": "each code is good once, and one is all that is needed",
    "/v1/me/exports": "one archive for a person",
    "/v1/staff/me/recovery-codes": "new codes replace those before",
    "/v1/staff/me/authenticator": "a new secret replaces the one before",
    "/v1/staff/me/passkeys": "a credential stands once",
    "/v1/staff/me/passkeys/options": "a new challenge replaces the one before",
    "/v1/staff/sign-in/passkey/options": "a new challenge replaces the one before",
    "/v1/staff/invitations/accept": "an invitation is used up",
    "/v1/polls/<id:poll_id>/roll": "the same rows are the same keys",
    "/v1/pictures": "the id is the picture's hash",
    "/v1/staff/pictures": "the id is the picture's hash",
    "/v1/ideas/<id:idea_id>/invitation": "a new invitation replaces the one before",
    "/v1/ideas/<id:idea_id>/answers": "the draft's version is used up",
    "/v1/ideas/<id:idea_id>/poll": "an idea becomes a poll once",
    "/v1/reports": "once per person and text",
    "/v1/reports/appeals": "once per case",
    "/v1/reports/hidings": "hiding twice is hiding",
}


def creating(app):
    """Give (rule, view) of every POST that documents 201 or 202."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        statuses = getattr(view, "_apidoc", {}).get("response", {}).get("responses", {})
        if "POST" in rule.methods and {"201", "202", 201, 202} & set(statuses):
            yield rule.rule, view


def is_repeatable(view):
    return view._apidoc.get("is_idempotent", False)


def test_every_creating_request_takes_a_key_or_needs_none(app):
    found = dict(creating(app))
    assert len(found) > 25
    assert sorted(rule for rule, view in found.items() if not is_repeatable(view) and rule not in BY_NATURE) == []


def test_no_reason_is_left_over(app):
    assert set(BY_NATURE) <= {rule.rule for rule in app.url_map.iter_rules()}
