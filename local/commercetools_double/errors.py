"""The errors commercetools answers with, and their bodies."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal: an HTTP status and the error objects of its body (CT-ERR-02)."""

    def __init__(self, status: int, code: str, message: str, **fields: Any) -> None:
        """One error object with `code`, `message` and the further `fields` of its type (None is left out)."""
        super().__init__(message)
        self.status = status
        self.objects: list[dict[str, Any]] = [
            {
                "code": code,
                "message": message,
                **{key: value for key, value in fields.items() if value is not None},
            }
        ]

    def body(self) -> dict[str, Any]:
        """The body as sent."""
        return {"statusCode": self.status, "message": str(self), "errors": self.objects}


class AuthError(ApiError):
    """A refusal of authorisation, which carries `error` and `error_description` besides (CT-AUTH-05)."""

    def body(self) -> dict[str, Any]:
        """The body as sent."""
        return {**super().body(), "error": self.objects[0]["code"], "error_description": str(self)}


def invalid_input(message: str) -> ApiError:
    """The request is understood and refused."""
    return ApiError(400, "InvalidInput", message)


def invalid_operation(message: str) -> ApiError:
    """The request does not fit the present state of the resource."""
    return ApiError(400, "InvalidOperation", message)


def invalid_json(detail: str) -> ApiError:
    """The body is not JSON, or not of the shape asked for (CT-ERR-10)."""
    return ApiError(400, "InvalidJsonInput", "Request body does not contain valid JSON.", detailedErrorMessage=detail)


def not_found(what: str) -> ApiError:
    """Nothing there under this address."""
    return ApiError(404, "ResourceNotFound", f"The Resource with {what} was not found.")


def duplicate_field(field: str, value: Any) -> ApiError:
    """A value that must be unique is taken (CT-ERR-09)."""
    return ApiError(
        400,
        "DuplicateField",
        f"A duplicate value {value!r} exists for field '{field}'.",
        field=field,
        duplicateValue=value,
    )


def reference_not_found(type_id: str, *, resource_id: str | None = None, key: str | None = None) -> ApiError:
    """A body refers to something that does not exist (CT-ERR-08)."""
    identifier = f"identifier '{resource_id}'" if resource_id else f"key '{key}'"
    return ApiError(
        400,
        "ReferencedResourceNotFound",
        f"The referenced object of type '{type_id}' with {identifier} was not found.",
        typeId=type_id,
        id=resource_id,
        key=key,
    )


def concurrent_modification(resource_id: str, expected: int, actual: int) -> ApiError:
    """The version sent is not the present one (CT-ERR-01)."""
    return ApiError(
        409,
        "ConcurrentModification",
        f"Object {resource_id} has a different version than expected. Expected: {expected} - Actual: {actual}.",
        currentVersion=actual,
    )


_FAILURES = {
    500: ("General", "Internal server error"),
    502: ("BadGateway", "Bad Gateway"),
    503: ("OverCapacity", "The service is having trouble handling the load."),
    504: ("General", "Gateway timeout"),
    429: ("OverCapacity", "Too many requests"),
    401: ("invalid_token", "invalid_token"),
    403: ("insufficient_scope", "Insufficient scope"),
}


def failure(status: int) -> ApiError:
    """What an injected `status` looks like (CT-ERR-03, CT-ERR-04)."""
    code, message = _FAILURES.get(status, ("General", f"Injected status {status}"))
    return AuthError(status, code, message) if status in (401, 403) else ApiError(status, code, message)


def query_timed_out() -> ApiError:
    """A query that worked for too long (CT-ERR-05, CT-ERR-06)."""
    return ApiError(503, "QueryTimedOut", "The query took too long to be answered.")
