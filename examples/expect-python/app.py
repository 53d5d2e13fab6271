"""A function that reads the reports in a bucket, and what has to stay so."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_s3 as s3

from crossgrant_expect import expect_allowed, expect_denied

app = cdk.App()
stack = cdk.Stack(app, "Reports", env=cdk.Environment(account="111111111111", region="eu-west-1"))

lake = s3.Bucket(stack, "Lake")
reader = lambda_.Function(
    stack,
    "Reader",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context): pass"),
)
lake.grant_read(reader, "reports/*")

expect_allowed(reader, action="s3:GetObject*", resource=lake.arn_for_objects("reports/1"), because="it reads the reports")
expect_denied(reader, action=["s3:GetObject", "s3:PutObject"], resource=lake.arn_for_objects("salaries/1"))
expect_denied(lake, principal="anonymous", action="s3:GetObject", resource="/reports/1")

app.synth()
