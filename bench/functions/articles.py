"""The functions' work as articles do it with boto3. Prints how many seconds the work took, without the start of Python and the imports.

    articles.py list BUCKET | scan TABLE | trail BUCKET KEY
"""

import collections
import decimal
import gzip
import json
import sys
import time

import boto3

kind, *names = sys.argv[1:]
client = boto3.client("dynamodb" if kind == "scan" else "s3")
resource = boto3.resource("dynamodb") if kind == "scan" else None
started = time.perf_counter()

if kind == "list":
    keys = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=names[0]):
        keys += [item["Key"] for item in page.get("Contents", [])]
    count = len(keys)
elif kind == "scan":
    table, items, more = resource.Table(names[0]), [], {}
    count = 0
    while True:
        page = table.scan(Limit=1000, **more)
        json.dumps(page["Items"], default=lambda value: float(value) if isinstance(value, decimal.Decimal) else str(value))
        count += len(page["Items"])
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
else:
    body = client.get_object(Bucket=names[0], Key=names[1])["Body"].read()
    records = json.loads(gzip.decompress(body))["Records"]
    count = sum(collections.Counter(record["eventName"] for record in records).values())

print(time.perf_counter() - started)
