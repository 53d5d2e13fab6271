"""Asks two accounts of the sandbox what boto3 can ask, with rights and without, and prints a line of JSON for each: operation, expected, found.

Usage: clients.py DIRECTORY, for files of its own. The environment has the AWS configuration: profile caller is a role of the source account, which may
assume the role of the target account that profile access is.
"""

import datetime
import importlib.metadata
import json
import os
import sys
import urllib.error
import urllib.request

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError, WaiterError
from botocore.session import get_session

BUCKET, ORIGIN, TABLE = "clients-data-222222222222", "clients-origin-111111111111", "clients-devices"
ROLE = "arn:aws:iam::222222222222:role/clients-access"
DIRECTORY = sys.argv[1]
USER = "User: arn:aws:sts::222222222222:assumed-role/clients-access/boto3 is not authorized to perform: "


def check(operation, expected, call):
    """Prints what was expected and found. What is expected of an error is "CODE STATUS", and what its message has in it."""
    try:
        found = call()
    except ClientError as e:
        found = (f"{e.response['Error']['Code']} {e.response['ResponseMetadata']['HTTPStatusCode']}", e.response["Error"]["Message"])
    except urllib.error.HTTPError as e:
        text = e.read().decode()
        found = (f"{text.partition('<Code>')[2].partition('</Code>')[0]} {e.code}", text.partition("<Message>")[2].partition("</Message>")[0].replace("&#34;", '"'))
    except WaiterError as e:
        found = ("WaiterError", str(e))
    if isinstance(expected, Denied):
        ok = isinstance(found, tuple) and found[0] == expected.code and expected.says in found[1]
        expected = f"{expected.code} {expected.says}"
        found = f"{found[0]} {found[1]}" if isinstance(found, tuple) else f"no error: {found}"
    else:
        ok = found == expected
    print(json.dumps({"operation": operation, "expected": str(expected), "found": str(found), "ok": ok}), flush=True)


class Denied:
    """An error with a code and an HTTP status, and what its message says."""

    def __init__(self, code, says=""):
        self.code, self.says = code, says


def denied(action, resource, because="no identity-based policy allows the {} action"):
    return Denied("AccessDenied 403", f'{USER}{action} on resource: "{resource}" because {because.format(action)}')


def denied_json(action, resource):
    return Denied("AccessDeniedException 400", f'{USER}{action} on resource: "{resource}" because no identity-based policy allows the {action} action')


def names(answer):
    return [one["Key"] for one in answer.get("Contents", [])]


def fetch(url, method="GET", data=None):
    with urllib.request.urlopen(urllib.request.Request(url, method=method, data=data), timeout=20) as answer:
        return answer.read().decode() if method == "GET" else answer.status


def sts(caller):
    client = caller.client("sts")
    assume = lambda **more: client.assume_role(**{"RoleArn": ROLE, "RoleSessionName": "boto3", "ExternalId": "shared", **more})
    arn = lambda c: boto3.client("sts", aws_access_key_id=c["AccessKeyId"], aws_secret_access_key=c["SecretAccessKey"], aws_session_token=c["SessionToken"]).get_caller_identity()["Arn"]
    check("sts get_caller_identity", "arn:aws:sts::111111111111:assumed-role/clients-caller/clients", lambda: client.get_caller_identity()["Arn"])
    check("sts assume_role with the external ID", "arn:aws:sts::222222222222:assumed-role/clients-access/boto3", lambda: arn(assume()["Credentials"]))
    refused = "User: arn:aws:sts::111111111111:assumed-role/clients-caller/clients is not authorized to perform: sts:AssumeRole"
    check("sts assume_role with another external ID", Denied("AccessDenied 403", refused), lambda: assume(ExternalId="guessed"))
    check("sts assume_role without an external ID", Denied("AccessDenied 403", refused), lambda: client.assume_role(RoleArn=ROLE, RoleSessionName="boto3"))
    check("sts assume_role of another role", Denied("AccessDenied 403", refused), lambda: assume(RoleArn="arn:aws:iam::222222222222:role/other"))
    check("sts assume_role for two hours, chained", Denied("ValidationError 400", "1 hour session limit"), lambda: assume(DurationSeconds=7200))
    check("sts get_session_token", Denied("AccessDenied 403", "GetSessionToken"), lambda: client.get_session_token())
    wrong = lambda **c: boto3.client("sts", **{**dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), caller.get_credentials().get_frozen_credentials())), **c}).get_caller_identity()
    check("sts with a wrong secret", Denied("SignatureDoesNotMatch 403"), lambda: wrong(aws_secret_access_key="wrong"))
    check("sts with an unknown access key", Denied("InvalidClientTokenId 403"), lambda: wrong(aws_access_key_id="ASIAUNKNOWN123456789"))


def refreshed(caller):
    """A session whose credentials are over at once, so that each request refreshes them."""
    count = [0]

    def refresh():
        count[0] += 1
        c = caller.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="boto3", ExternalId="shared")["Credentials"]
        over = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=30)
        return {"access_key": c["AccessKeyId"], "secret_key": c["SecretAccessKey"], "token": c["SessionToken"], "expiry_time": over.isoformat()}

    session = get_session()
    session._credentials = RefreshableCredentials.create_from_metadata(refresh(), refresh, "sts-assume-role")
    client = boto3.Session(botocore_session=session).client("s3")
    client.head_object(Bucket=BUCKET, Key="inbox/1")
    client.head_object(Bucket=BUCKET, Key="inbox/1")
    return count[0]


def s3(caller, session):
    client = session.client("s3")
    get = lambda key, **more: client.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read().decode()
    put = lambda key, body=b"x", **more: client.put_object(Bucket=BUCKET, Key=key, Body=body, **more)["ResponseMetadata"]["HTTPStatusCode"]
    arn = lambda key: f"arn:aws:s3:::{BUCKET}/{key}"
    three = ["inbox/1", "inbox/2", "inbox/3"]

    check("s3 list_objects_v2", three, lambda: names(client.list_objects_v2(Bucket=BUCKET, Prefix="inbox/")))
    check("s3 list_objects", three, lambda: names(client.list_objects(Bucket=BUCKET, Prefix="inbox/")))
    check("s3 paginator of list_objects_v2", [2, 1], lambda: [len(page["Contents"]) for page in client.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix="inbox/", PaginationConfig={"PageSize": 2})])
    check("s3 list_objects_v2 of another prefix", denied("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), lambda: names(client.list_objects_v2(Bucket=BUCKET, Prefix="private/")))
    check("s3 list_objects_v2 without a prefix", denied("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), lambda: names(client.list_objects_v2(Bucket=BUCKET)))
    check("s3 list_buckets", denied("s3:ListAllMyBuckets", "*"), lambda: client.list_buckets())
    check("s3 head_bucket, which lists without a prefix", Denied("403 403", "Forbidden"), lambda: client.head_bucket(Bucket=BUCKET))
    check("s3 get_object", "content of inbox/1", lambda: get("inbox/1"))
    check("s3 get_object, a range", "content", lambda: get("inbox/1", Range="bytes=0-6"))
    check("s3 head_object", 18, lambda: client.head_object(Bucket=BUCKET, Key="inbox/1")["ContentLength"])
    check("s3 get_object of another prefix", denied("s3:GetObject", arn("private/1")), lambda: get("private/1"))
    check("s3 head_object of another prefix", Denied("403 403", "Forbidden"), lambda: client.head_object(Bucket=BUCKET, Key="private/1"))
    check("s3 get_object that is not there", Denied("NoSuchKey 404"), lambda: get("inbox/none"))
    check("s3 put_object", 200, lambda: put("inbox/made/a b+ü.txt"))
    check("s3 put_object with SHA-256", 200, lambda: put("inbox/made/sha", ChecksumAlgorithm="SHA256"))
    check("s3 put_object if none is there", Denied("PreconditionFailed 412"), lambda: put("inbox/1", IfNoneMatch="*"))
    check("s3 put_object to another prefix", denied("s3:PutObject", arn("private/2")), lambda: put("private/2"))
    check("s3 put_object with an ACL", Denied("AccessDenied 403", "s3:PutObjectAcl"), lambda: put("inbox/made/acl", ACL="bucket-owner-full-control"))
    check("s3 put_object with tags", denied("s3:PutObjectTagging", arn("inbox/made/tags")), lambda: put("inbox/made/tags", Tagging="a=b"))
    check("s3 get_object_tagging", denied("s3:GetObjectTagging", arn("inbox/1")), lambda: client.get_object_tagging(Bucket=BUCKET, Key="inbox/1"))
    check("s3 get_bucket_policy", denied("s3:GetBucketPolicy", f"arn:aws:s3:::{BUCKET}"), lambda: client.get_bucket_policy(Bucket=BUCKET))
    check("s3 put_bucket_policy", Denied("AccessDenied 403", "s3:PutBucketPolicy"), lambda: client.put_bucket_policy(Bucket=BUCKET, Policy='{"Version":"2012-10-17","Statement":[]}'))
    check("s3 delete_bucket", denied("s3:DeleteBucket", f"arn:aws:s3:::{BUCKET}"), lambda: client.delete_bucket(Bucket=BUCKET))

    copy = lambda key, source: client.copy_object(Bucket=BUCKET, Key=key, CopySource=source)["ResponseMetadata"]["HTTPStatusCode"]
    check("s3 copy_object within the bucket", 200, lambda: copy("inbox/made/copy", {"Bucket": BUCKET, "Key": "inbox/1"}))
    check("s3 copy_object between the accounts", 200, lambda: copy("inbox/made/origin", {"Bucket": ORIGIN, "Key": "out/1"}))
    check("s3 get_object of the copy", "content of out/1", lambda: get("inbox/made/origin"))
    check("s3 copy_object from another prefix", denied("s3:GetObject", f"arn:aws:s3:::{ORIGIN}/own/1"), lambda: copy("inbox/made/own", {"Bucket": ORIGIN, "Key": "own/1"}))
    check("s3 copy_object to another prefix", denied("s3:PutObject", arn("private/copy")), lambda: copy("private/copy", {"Bucket": BUCKET, "Key": "inbox/1"}))

    large = os.path.join(DIRECTORY, "large")
    with open(large, "wb") as f:
        f.write(b"crossgrant\n" * (1 << 20))
    parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    client.upload_file(large, BUCKET, "inbox/made/large", Config=parts)
    check("s3 upload_file in three parts", "-3", lambda: client.head_object(Bucket=BUCKET, Key="inbox/made/large")["ETag"].strip('"')[-2:])

    def download():
        client.download_file(BUCKET, "inbox/made/large", large + "2", Config=parts)
        with open(large, "rb") as one, open(large + "2", "rb") as other:
            return one.read() == other.read()

    check("s3 download_file in parts", True, download)
    check("s3 create_multipart_upload to another prefix", denied("s3:PutObject", arn("private/large")), lambda: client.create_multipart_upload(Bucket=BUCKET, Key="private/large"))

    def multipart():
        upload = {"Bucket": BUCKET, "Key": "inbox/made/parts"}
        upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
        client.upload_part(**upload, PartNumber=1, Body=b"p" * (5 << 20))
        client.upload_part_copy(**upload, PartNumber=2, CopySource={"Bucket": BUCKET, "Key": "inbox/1"})
        listed = [one["Size"] for one in client.list_parts(**upload)["Parts"]]
        return listed, client.abort_multipart_upload(**upload)["ResponseMetadata"]["HTTPStatusCode"]

    check("s3 upload_part, upload_part_copy, list_parts, abort_multipart_upload", ([5 << 20, 18], 204), multipart)

    url = lambda operation, key, **more: client.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": key}, **more)
    check("s3 presigned GET", "content of inbox/1", lambda: fetch(url("get_object", "inbox/1")))
    check("s3 presigned HEAD", 200, lambda: fetch(url("head_object", "inbox/1"), "HEAD"))
    check("s3 presigned PUT", 200, lambda: fetch(url("put_object", "inbox/made/signed"), "PUT", b"signed"))
    check("s3 get_object of what was put", "signed", lambda: get("inbox/made/signed"))  # urllib sends it as a form, which S3 does not mind
    check("s3 presigned GET of another prefix", denied("s3:GetObject", arn("private/1")), lambda: fetch(url("get_object", "private/1")))
    check("s3 presigned GET, another key", Denied("SignatureDoesNotMatch 403"), lambda: fetch(url("get_object", "inbox/1").replace("inbox/1", "inbox/2")))
    check("s3 presigned GET, used to PUT", Denied("SignatureDoesNotMatch 403"), lambda: fetch(url("get_object", "inbox/1"), "PUT", b"x"))
    check("s3 presigned GET that is over", Denied("AccessDenied 403", "expired"), lambda: fetch(url("get_object", "inbox/1", ExpiresIn=0)))

    old = boto3.Session(profile_name="access").client("s3", config=Config(signature_version="s3"))
    check("s3 presigned GET in Signature Version 2, which new buckets do not take", Denied("InvalidRequest 400", "Please use AWS4-HMAC-SHA256"), lambda: fetch(
        old.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "inbox/1"})))

    check("s3 waiter for an object", None, lambda: client.get_waiter("object_exists").wait(Bucket=BUCKET, Key="inbox/1", WaiterConfig={"Delay": 1, "MaxAttempts": 1}))
    check("s3 waiter for an object that is not there", Denied("WaiterError", "Max attempts exceeded"), lambda: client.get_waiter("object_exists").wait(
        Bucket=BUCKET, Key="inbox/none", WaiterConfig={"Delay": 1, "MaxAttempts": 1}))
    check("s3 waiter for an object of another prefix", Denied("WaiterError", "Forbidden"), lambda: client.get_waiter("object_exists").wait(
        Bucket=BUCKET, Key="private/1", WaiterConfig={"Delay": 1, "MaxAttempts": 1}))

    check("s3 delete_object", 204, lambda: client.delete_object(Bucket=BUCKET, Key="inbox/made/sha")["ResponseMetadata"]["HTTPStatusCode"])
    check("s3 delete_object of another prefix", denied("s3:DeleteObject", arn("private/1")), lambda: client.delete_object(Bucket=BUCKET, Key="private/1"))

    def delete():
        answer = client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "inbox/made/copy"}, {"Key": "private/1"}]})
        return [one["Key"] for one in answer["Deleted"]], [(one["Key"], one["Code"]) for one in answer["Errors"]]

    check("s3 delete_objects, one of them of another prefix", (["inbox/made/copy"], [("private/1", "AccessDenied")]), delete)

    bucket = session.resource("s3").Bucket(BUCKET)
    check("s3 resource: Object.put and get", "resource", lambda: (bucket.Object("inbox/made/resource").put(Body=b"resource"), bucket.Object("inbox/made/resource").get()["Body"].read().decode())[1])
    check("s3 resource: objects.filter", three, lambda: [one.key for one in bucket.objects.filter(Prefix="inbox/") if "made" not in one.key])
    check("s3 resource: objects.filter of another prefix", denied("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), lambda: list(bucket.objects.filter(Prefix="private/")))
    check("s3 resource: objects.filter.delete", 5, lambda: len(bucket.objects.filter(Prefix="inbox/made/").delete()[0]["Deleted"]))

    check("s3 with the credentials of the source account", Denied("AccessDenied 403", "no identity-based policy allows the s3:GetObject action"),
          lambda: caller.client("s3").get_object(Bucket=BUCKET, Key="inbox/1"))
    check("s3 without credentials", Denied("AccessDenied 403"), lambda: fetch(f"{os.environ['AWS_ENDPOINT_URL']}/{BUCKET}/inbox/1"))
    frozen = session.get_credentials().get_frozen_credentials()
    check("s3 with a wrong secret", Denied("SignatureDoesNotMatch 403"), lambda: boto3.client("s3", aws_access_key_id=frozen.access_key, aws_secret_access_key="wrong",
                                                                                              aws_session_token=frozen.token).get_object(Bucket=BUCKET, Key="inbox/1"))
    check("s3 with an unknown access key", Denied("InvalidAccessKeyId 403"), lambda: boto3.client("s3", aws_access_key_id="ASIAUNKNOWN123456789", aws_secret_access_key="x",
                                                                                                  aws_session_token="y").get_object(Bucket=BUCKET, Key="inbox/1"))


def dynamodb(session):
    client = session.client("dynamodb")
    table = session.resource("dynamodb").Table(TABLE)
    arn = lambda name: f"arn:aws:dynamodb:ap-northeast-1:222222222222:table/{name}"
    key = lambda device, at: {"device": {"S": device}, "at": {"N": str(at)}}
    status = lambda answer: answer["ResponseMetadata"]["HTTPStatusCode"]

    check("dynamodb describe_table", "clients-devices", lambda: client.describe_table(TableName=TABLE)["Table"]["TableName"])
    check("dynamodb waiter for a table", None, lambda: client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 1}))
    check("dynamodb put_item", 200, lambda: status(client.put_item(TableName=TABLE, Item={**key("d1", 1), "v": {"S": "one"}})))
    check("dynamodb get_item", "one", lambda: client.get_item(TableName=TABLE, Key=key("d1", 1))["Item"]["v"]["S"])
    check("dynamodb get_item by the ARN of the table", "one", lambda: client.get_item(TableName=arn(TABLE), Key=key("d1", 1))["Item"]["v"]["S"])
    check("dynamodb update_item", "two", lambda: client.update_item(TableName=TABLE, Key=key("d1", 1), UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"S": "two"}},
                                                                    ReturnValues="ALL_NEW")["Attributes"]["v"]["S"])
    check("dynamodb put_item on a condition", Denied("ConditionalCheckFailedException 400"), lambda: client.put_item(TableName=TABLE, Item=key("d1", 1), ConditionExpression="attribute_not_exists(device)"))

    def batch():
        with table.batch_writer() as writer:
            for at in range(2, 31):
                writer.put_item(Item={"device": "d1", "at": at, "v": "more"})
        return table.scan(Select="COUNT")["Count"]

    check("dynamodb resource: batch_writer and scan", 30, batch)
    check("dynamodb batch_write_item", {}, lambda: client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": key("d2", 1)}}, {"DeleteRequest": {"Key": key("d1", 30)}}]})["UnprocessedItems"])
    check("dynamodb batch_get_item", 2, lambda: len(client.batch_get_item(RequestItems={TABLE: {"Keys": [key("d1", 1), key("d2", 1)]}})["Responses"][TABLE]))
    check("dynamodb query", 29, lambda: client.query(TableName=TABLE, KeyConditionExpression="device = :d", ExpressionAttributeValues={":d": {"S": "d1"}})["Count"])
    check("dynamodb resource: query", 2, lambda: table.query(KeyConditionExpression=Key("device").eq("d1") & Key("at").lt(3))["Count"])
    check("dynamodb resource: scan with a filter", 1, lambda: table.scan(FilterExpression=Attr("device").eq("d2"))["Count"])
    check("dynamodb paginator of scan", 3, lambda: len(list(client.get_paginator("scan").paginate(TableName=TABLE, PaginationConfig={"PageSize": 12}))))
    check("dynamodb transact_write_items", 200, lambda: status(client.transact_write_items(TransactItems=[
        {"Put": {"TableName": TABLE, "Item": key("d3", 1)}}, {"Delete": {"TableName": TABLE, "Key": key("d2", 1)}},
        {"ConditionCheck": {"TableName": TABLE, "Key": key("d1", 1), "ConditionExpression": "attribute_exists(device)"}}])))
    check("dynamodb transact_get_items", "d3", lambda: client.transact_get_items(TransactItems=[{"Get": {"TableName": TABLE, "Key": key("d3", 1)}}])["Responses"][0]["Item"]["device"]["S"])
    check("dynamodb delete_item", "d3", lambda: client.delete_item(TableName=TABLE, Key=key("d3", 1), ReturnValues="ALL_OLD")["Attributes"]["device"]["S"])

    check("dynamodb scan of another table", denied_json("dynamodb:Scan", arn("clients-other")), lambda: client.scan(TableName="clients-other"))
    check("dynamodb get_item of a table that is not there", Denied("AccessDeniedException 400", USER + "dynamodb:GetItem"), lambda: client.get_item(TableName="none", Key=key("d1", 1)))
    check("dynamodb batch_get_item, one table of two", denied_json("dynamodb:BatchGetItem", arn("clients-other")), lambda: client.batch_get_item(
        RequestItems={TABLE: {"Keys": [key("d1", 1)]}, "clients-other": {"Keys": [{"device": {"S": "d1"}}]}}))
    check("dynamodb transact_write_items, one table of two", denied_json("dynamodb:PutItem", arn("clients-other")), lambda: client.transact_write_items(TransactItems=[
        {"Put": {"TableName": TABLE, "Item": key("d9", 1)}}, {"Put": {"TableName": "clients-other", "Item": {"device": {"S": "d1"}}}}]))
    check("dynamodb get_item of what the transaction would have put", False, lambda: "Item" in client.get_item(TableName=TABLE, Key=key("d9", 1)))
    check("dynamodb delete_table", denied_json("dynamodb:DeleteTable", arn(TABLE)), lambda: client.delete_table(TableName=TABLE))
    check("dynamodb list_tables", denied_json("dynamodb:ListTables", "*"), lambda: client.list_tables())


def kms(session):
    client, objects = session.client("kms"), session.client("s3")
    other = "because no identity-based policy allows the kms:Encrypt action"
    key = client.describe_key(KeyId="alias/clients")["KeyMetadata"]["Arn"]
    context = {"purpose": "clients"}
    check("kms encrypt by the alias, decrypt", b"secret", lambda: client.decrypt(CiphertextBlob=client.encrypt(KeyId="alias/clients", Plaintext=b"secret")["CiphertextBlob"])["Plaintext"])
    check("kms encrypt by the ARN, with a context", b"secret", lambda: client.decrypt(
        CiphertextBlob=client.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=context)["CiphertextBlob"], EncryptionContext=context)["Plaintext"])
    check("kms generate_data_key", 32, lambda: len(client.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]))
    check("kms encrypt with another key", Denied("AccessDeniedException 400", other), lambda: client.encrypt(KeyId="alias/clients-other", Plaintext=b"secret"))
    check("kms schedule_key_deletion", Denied("AccessDeniedException 400", "kms:ScheduleKeyDeletion"), lambda: client.schedule_key_deletion(KeyId=key))
    check("kms create_key", Denied("AccessDeniedException 400", "kms:CreateKey"), lambda: client.create_key())
    check("s3 put_object under the key", "aws:kms", lambda: objects.put_object(Bucket=BUCKET, Key="inbox/kms", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)["ServerSideEncryption"])
    check("s3 put_object under another key", Denied("AccessDenied 403", "kms:GenerateDataKey"), lambda: objects.put_object(
        Bucket=BUCKET, Key="inbox/kms", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="arn:aws:kms:ap-northeast-1:222222222222:key/00000000-0000-0000-0000-000000000000"))
    check("s3 delete_object of it", 204, lambda: objects.delete_object(Bucket=BUCKET, Key="inbox/kms")["ResponseMetadata"]["HTTPStatusCode"])


def main():
    print(json.dumps({"boto3": boto3.__version__, "awscli": importlib.metadata.version("awscli")}), flush=True)
    caller, session = boto3.Session(profile_name="caller"), boto3.Session(profile_name="access")
    check("a profile with role_arn, source_profile and external_id", "arn:aws:sts::222222222222:assumed-role/clients-access/boto3", lambda: session.client("sts").get_caller_identity()["Arn"])
    check("a profile without external_id", Denied("AccessDenied 403", "sts:AssumeRole"), lambda: boto3.Session(profile_name="stranger").client("s3").list_objects_v2(Bucket=BUCKET, Prefix="inbox/"))
    sts(caller)
    check("RefreshableCredentials that are over soon: refreshed for each request", 3, lambda: refreshed(caller))
    s3(caller, session)
    dynamodb(session)
    kms(session)


main()
