"""What a validation job carries: two ids, so that what a file is called or holds never reaches Redis."""

from typing import Annotated

import msgspec

Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]


class ValidationRequest(msgspec.Struct, frozen=True):
    """Which run to carry out on which stored file."""

    validation_id: Uuid
    file_id: Uuid


def job_id(request: ValidationRequest) -> str:
    """The job's id: a run is queued at most once."""
    return f"validation-{request.validation_id}"
