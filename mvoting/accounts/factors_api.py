"""What staff do with their own sign-in: password, recovery codes, passkeys; and signing in with a passkey."""

from typing import Any

from mvoting.accounts import errors, passkeys, staff_factors
from mvoting.accounts import factor_schemas as shapes
from mvoting.accounts.guards import current_staff, public, staff
from mvoting.accounts.staff_schemas import StaffGrantOut
from mvoting.core.http import ApiBlueprint
from mvoting.core.problems import NotFound

blueprint = ApiBlueprint("staff-factors", __name__, url_prefix="/v1/staff", description="Staff: one's own factors.")
BOTH_FACTORS_PROBLEMS = (errors.WrongPassword, errors.WrongSecondFactor, errors.TooManyTries, errors.StaffSessionEnded)


@blueprint.route("/me/password", methods=["PUT"], guard=staff())
@blueprint.arguments(shapes.ChangePasswordIn())
@blueprint.response(204)
@blueprint.problems(*BOTH_FACTORS_PROBLEMS, errors.WeakPassword)
def put_password(body: dict[str, Any]) -> None:
    """Change your own password, with a second factor that works now; you are signed out everywhere else."""
    who = current_staff()
    staff_factors.change_password(who.id, who.session_id, **body)


@blueprint.route("/me/recovery-codes", methods=["POST"], guard=staff())
@blueprint.arguments(shapes.BothFactorsIn())
@blueprint.response(201, shapes.RecoveryCodesOut())
@blueprint.problems(*BOTH_FACTORS_PROBLEMS)
def post_recovery_codes(body: dict[str, Any]) -> dict[str, Any]:
    """Get new recovery codes, with your password and a code of your authenticator or a recovery code; the old ones work no more."""
    return {"recovery_codes": staff_factors.renew_recovery_codes(current_staff().id, **body)}


@blueprint.route("/me/authenticator", methods=["POST"], guard=staff())
@blueprint.arguments(shapes.BothFactorsIn())
@blueprint.response(201, shapes.NewAuthenticatorOut())
@blueprint.problems(*BOTH_FACTORS_PROBLEMS)
def post_authenticator(body: dict[str, Any]) -> dict[str, Any]:
    """Begin to replace your authenticator, with your password and a code of the present one or a recovery code."""
    who = current_staff()
    return staff_factors.begin_authenticator(who.id, who.session_id, **body)


@blueprint.route("/me/authenticator", methods=["PUT"], guard=staff())
@blueprint.arguments(shapes.ShownCodeIn())
@blueprint.response(204)
@blueprint.problems(errors.WrongSecondFactor)
def put_authenticator(body: dict[str, Any]) -> None:
    """Replace your authenticator by the new one, which shows a code; you are signed out everywhere else."""
    who = current_staff()
    staff_factors.replace_authenticator(who.id, who.session_id, code=body["totp_code"])


@blueprint.route("/me/passkeys", methods=["GET"], guard=staff())
@blueprint.response(200, shapes.PasskeysOut())
def get_passkeys() -> dict[str, Any]:
    """List your passkeys."""
    return {"items": passkeys.passkeys_of(current_staff().id), "is_offered": passkeys.is_offered()}


@blueprint.route("/me/passkeys/options", methods=["POST"], guard=staff())
@blueprint.response(201, shapes.PasskeyOptionsOut())
@blueprint.problems(errors.PasskeysNotOffered)
def post_passkey_options() -> dict[str, Any]:
    """Begin to register a passkey: what the browser needs to make one, good for five minutes."""
    who = current_staff()
    return {"options": passkeys.begin_adding(who.id, who.session_id)}


@blueprint.route("/me/passkeys", methods=["POST"], guard=staff())
@blueprint.arguments(shapes.NewPasskeyIn())
@blueprint.response(201, shapes.PasskeyOut())
@blueprint.problems(*BOTH_FACTORS_PROBLEMS, errors.InvalidPasskey, errors.TooManyPasskeys, errors.PasskeysNotOffered)
def post_passkey(body: dict[str, Any]) -> dict[str, Any]:
    """Register the passkey that the browser made, with your password and a second factor of before."""
    who = current_staff()
    return passkeys.add(who.id, who.session_id, **body | {"credential": shapes.plain(body["credential"])})


@blueprint.route("/me/passkeys/<id:passkey_id>/removal", methods=["POST"], guard=staff())
@blueprint.arguments(shapes.BothFactorsIn())
@blueprint.response(204)
@blueprint.problems(*BOTH_FACTORS_PROBLEMS, NotFound)
def post_passkey_removal(body: dict[str, Any], passkey_id: str) -> None:
    """Remove one of your passkeys, with your password and a second factor that works now."""
    passkeys.remove(current_staff().id, passkey_id, **body)


@blueprint.route("/sign-in/passkey/options", methods=["POST"], guard=public)
@blueprint.arguments(shapes.WaitingIn())
@blueprint.response(201, shapes.PasskeyOptionsOut())
@blueprint.problems(errors.StaffSessionEnded, errors.PasskeysNotOffered)
def post_passkey_sign_in_options(body: dict[str, Any]) -> dict[str, Any]:
    """Begin the second factor with a passkey: what the browser needs to use one."""
    return {"options": passkeys.begin_sign_in(body["challenge"])}


@blueprint.route("/sign-in/passkey", methods=["POST"], guard=public)
@blueprint.arguments(shapes.PasskeySignInIn())
@blueprint.response(200, StaffGrantOut())
@blueprint.problems(errors.InvalidSecondFactor, errors.StaffSessionEnded, errors.TooManyTries, errors.PasskeysNotOffered)
def post_passkey_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Finish a sign-in with a passkey."""
    return passkeys.check(body["challenge"], shapes.plain(body["credential"])).shown()
