"""`/v1/pictures`: uploads of citizens and staff, cleaned at the door; what names them decides what they mean."""

from flask import Response
from flask_smorest.fields import Upload
from marshmallow import fields

from mvoting.accounts.guards import current_person, current_staff, member, public, staff
from mvoting.core import storage
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.images import UPLOAD_LIMIT_BYTES, PictureRefused
from mvoting.core.schemas import Input, Output

BODY_LIMIT_BYTES = UPLOAD_LIMIT_BYTES + 64 * 1024
WEBP = {"type": "string", "format": "binary"}
WEBP_EXAMPLE = "RIFF….WEBPVP8 … (bytes of the picture)"

blueprint = ApiBlueprint("pictures", __name__, url_prefix="/v1", description="Pictures.")


class PictureIn(Input):
    """One picture file."""

    file = Upload(required=True, metadata={"description": "JPEG, PNG or WebP, at most 10 MB; metadata and position are removed"})


class PictureOut(Output):
    """A stored picture."""

    id = fields.String(required=True, metadata={"example": "5f" * 16})
    width = fields.Integer(required=True, metadata={"description": "pixels"})
    height = fields.Integer(required=True, metadata={"description": "pixels"})


@blueprint.route("/pictures", methods=["POST"], guard=member, body_limit_bytes=BODY_LIMIT_BYTES)
@blueprint.arguments(PictureIn(), location="files")
@blueprint.response(201, PictureOut())
@blueprint.problems(PictureRefused)
def upload_picture(files):
    """Upload a picture, to be named by a proposal or poll within a day."""
    return storage.store_picture(files["file"].read(), current_person().id, now=now())


@blueprint.route("/staff/pictures", methods=["POST"], guard=staff(), body_limit_bytes=BODY_LIMIT_BYTES)
@blueprint.arguments(PictureIn(), location="files")
@blueprint.response(201, PictureOut())
@blueprint.problems(PictureRefused)
def upload_staff_picture(files):
    """Upload a picture as staff."""
    return storage.store_picture(files["file"].read(), current_staff().id, now=now())


@blueprint.route("/pictures/<string(length=32):picture_id>", methods=["GET"], guard=public)
@blueprint.response(200, WEBP, content_type="image/webp", example=WEBP_EXAMPLE)
@blueprint.problems(storage.PictureNotFound)
def get_picture(picture_id):
    """Give a picture as WebP."""
    return _image(picture_id, thumbnail=False)


@blueprint.route("/pictures/<string(length=32):picture_id>/small", methods=["GET"], guard=public)
@blueprint.response(200, WEBP, content_type="image/webp", example=WEBP_EXAMPLE)
@blueprint.problems(storage.PictureNotFound)
def get_small_picture(picture_id):
    """Give a picture of at most 320 pixels a side as WebP."""
    return _image(picture_id, thumbnail=True)


def _image(picture_id: str, *, thumbnail: bool) -> Response:
    # Not cached for ever: a hidden picture must vanish everywhere within minutes.
    headers = {"Cache-Control": "public, max-age=300", "Content-Security-Policy": "default-src 'none'"}
    return Response(storage.load_picture(picture_id, thumbnail=thumbnail), mimetype="image/webp", headers=headers)
