"""Says in a template which requests have to be allowed and which denied, so that `crossgrant prove` proves it. Copy this file into your app.

https://github.com/crossgrant/crossgrant/blob/main/docs/expectations.md
"""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnResource
from constructs import IConstruct

KEY = "CrossGrant::Expect"


def expect_allowed(of: IConstruct, *, action: str | list[str], **request: Any) -> None:
    """Says that requests of a construct, or on it, have to be allowed.

    action: what is requested, such as s3:GetObject. Wildcards mean each action that can be on the resource.
    principal: who makes the request: an ARN, a service, "anonymous", or a path, logical ID or name. Default the construct itself.
    resource: on what: an ARN, or a path, logical ID or name, with what follows; "/KEY" is in the construct itself. Default the construct itself.
    from_: what runs as the principal and makes the request, or "outside" of every VPC. Default each that runs as it.
    assuming: the role that the principal assumes for it. Default any way that the principal has.
    context: condition keys of the request, beside those that follow from its principal and route. Default none.
    because: what it is for. Default nothing.
    """
    _record(of, "allowed", action=action, **request)


def expect_denied(of: IConstruct, *, action: str | list[str], **request: Any) -> None:
    """Says that requests of a construct, or on it, have to be denied, as expect_allowed does of those that have to be allowed."""
    _record(of, "denied", action=action, **request)


def _record(of: IConstruct, result: str, **request: Any) -> None:
    resource = of if isinstance(of, CfnResource) else of.node.default_child
    if not isinstance(resource, CfnResource):
        raise ValueError(f"found {of.node.path}, which is no resource of this app, expected one such as a role, a function or a bucket")
    if "from_" in request:  # which is a keyword of Python without the underscore
        request["from"] = request.pop("from_")
    resource.add_metadata(KEY, [*(resource.get_metadata(KEY) or []), {**request, "result": result}])
