import json
import os

import boto3

sts = boto3.client("sts")


def handler(event, context):
    role = sts.assume_role(RoleArn=os.environ["CROSSGRANT_ROLE_ARN"], RoleSessionName="reports")["Credentials"]
    shop = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
    [prefix] = json.loads(os.environ["CROSSGRANT_PREFIXES"])
    objects = shop.client("s3").list_objects_v2(Bucket=os.environ["CROSSGRANT_BUCKET"], Prefix=prefix)
    orders = shop.client("dynamodb").scan(TableName=os.environ["CROSSGRANT_TABLE"], Limit=10)
    return {"objects": objects["KeyCount"], "orders": orders["Count"]}
