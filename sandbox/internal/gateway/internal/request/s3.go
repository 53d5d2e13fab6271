package request

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Where an operation of S3 is.
const (
	onService = iota
	onBucket
	onObject
)

// s3Operation is an operation of S3: its method, what it is on, and the part of the query that tells it from others.
type s3Operation struct {
	method  string
	on      int
	part    string // of the query; "" for none
	name    string
	action  string
	version bool // whether with a version it is another action
}

// s3Operations are the operations and the actions that they need. Those with a part of the query come first.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
var s3Operations = []s3Operation{
	{"GET", onBucket, "abac", "GetBucketAbac", "GetBucketAbac", false},
	{"PUT", onBucket, "abac", "PutBucketAbac", "PutBucketAbac", false},
	{"GET", onBucket, "accelerate", "GetBucketAccelerateConfiguration", "GetAccelerateConfiguration", false},
	{"PUT", onBucket, "accelerate", "PutBucketAccelerateConfiguration", "PutAccelerateConfiguration", false},
	{"GET", onBucket, "acl", "GetBucketAcl", "GetBucketAcl", false},
	{"PUT", onBucket, "acl", "PutBucketAcl", "PutBucketAcl", false},
	{"GET", onBucket, "analytics", "GetBucketAnalyticsConfiguration", "GetAnalyticsConfiguration", false},
	{"PUT", onBucket, "analytics", "PutBucketAnalyticsConfiguration", "PutAnalyticsConfiguration", false},
	{"DELETE", onBucket, "analytics", "DeleteBucketAnalyticsConfiguration", "PutAnalyticsConfiguration", false},
	{"GET", onBucket, "cors", "GetBucketCors", "GetBucketCORS", false},
	{"PUT", onBucket, "cors", "PutBucketCors", "PutBucketCORS", false},
	{"DELETE", onBucket, "cors", "DeleteBucketCors", "PutBucketCORS", false},
	{"GET", onBucket, "encryption", "GetBucketEncryption", "GetEncryptionConfiguration", false},
	{"PUT", onBucket, "encryption", "PutBucketEncryption", "PutEncryptionConfiguration", false},
	{"DELETE", onBucket, "encryption", "DeleteBucketEncryption", "PutEncryptionConfiguration", false},
	{"GET", onBucket, "intelligent-tiering", "GetBucketIntelligentTieringConfiguration", "GetIntelligentTieringConfiguration", false},
	{"PUT", onBucket, "intelligent-tiering", "PutBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration", false},
	{"DELETE", onBucket, "intelligent-tiering", "DeleteBucketIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration", false},
	{"GET", onBucket, "inventory", "GetBucketInventoryConfiguration", "GetInventoryConfiguration", false},
	{"PUT", onBucket, "inventory", "PutBucketInventoryConfiguration", "PutInventoryConfiguration", false},
	{"DELETE", onBucket, "inventory", "DeleteBucketInventoryConfiguration", "PutInventoryConfiguration", false},
	{"GET", onBucket, "lifecycle", "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration", false},
	{"PUT", onBucket, "lifecycle", "PutBucketLifecycleConfiguration", "PutLifecycleConfiguration", false},
	{"DELETE", onBucket, "lifecycle", "DeleteBucketLifecycle", "PutLifecycleConfiguration", false},
	{"GET", onBucket, "location", "GetBucketLocation", "GetBucketLocation", false},
	{"GET", onBucket, "logging", "GetBucketLogging", "GetBucketLogging", false},
	{"PUT", onBucket, "logging", "PutBucketLogging", "PutBucketLogging", false},
	{"GET", onBucket, "metrics", "GetBucketMetricsConfiguration", "GetMetricsConfiguration", false},
	{"PUT", onBucket, "metrics", "PutBucketMetricsConfiguration", "PutMetricsConfiguration", false},
	{"DELETE", onBucket, "metrics", "DeleteBucketMetricsConfiguration", "PutMetricsConfiguration", false},
	{"GET", onBucket, "notification", "GetBucketNotificationConfiguration", "GetBucketNotification", false},
	{"PUT", onBucket, "notification", "PutBucketNotificationConfiguration", "PutBucketNotification", false},
	{"GET", onBucket, "object-lock", "GetObjectLockConfiguration", "GetBucketObjectLockConfiguration", false},
	{"PUT", onBucket, "object-lock", "PutObjectLockConfiguration", "PutBucketObjectLockConfiguration", false},
	{"GET", onBucket, "ownershipControls", "GetBucketOwnershipControls", "GetBucketOwnershipControls", false},
	{"PUT", onBucket, "ownershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls", false},
	{"DELETE", onBucket, "ownershipControls", "DeleteBucketOwnershipControls", "PutBucketOwnershipControls", false},
	{"GET", onBucket, "policyStatus", "GetBucketPolicyStatus", "GetBucketPolicyStatus", false},
	{"GET", onBucket, "policy", "GetBucketPolicy", "GetBucketPolicy", false},
	{"PUT", onBucket, "policy", "PutBucketPolicy", "PutBucketPolicy", false},
	{"DELETE", onBucket, "policy", "DeleteBucketPolicy", "DeleteBucketPolicy", false},
	{"GET", onBucket, "publicAccessBlock", "GetPublicAccessBlock", "GetBucketPublicAccessBlock", false},
	{"PUT", onBucket, "publicAccessBlock", "PutPublicAccessBlock", "PutBucketPublicAccessBlock", false},
	{"DELETE", onBucket, "publicAccessBlock", "DeletePublicAccessBlock", "PutBucketPublicAccessBlock", false},
	{"GET", onBucket, "replication", "GetBucketReplication", "GetReplicationConfiguration", false},
	{"PUT", onBucket, "replication", "PutBucketReplication", "PutReplicationConfiguration", false},
	{"DELETE", onBucket, "replication", "DeleteBucketReplication", "PutReplicationConfiguration", false},
	{"GET", onBucket, "requestPayment", "GetBucketRequestPayment", "GetBucketRequestPayment", false},
	{"PUT", onBucket, "requestPayment", "PutBucketRequestPayment", "PutBucketRequestPayment", false},
	{"GET", onBucket, "tagging", "GetBucketTagging", "GetBucketTagging", false},
	{"PUT", onBucket, "tagging", "PutBucketTagging", "PutBucketTagging", false},
	{"DELETE", onBucket, "tagging", "DeleteBucketTagging", "PutBucketTagging", false},
	{"GET", onBucket, "uploads", "ListMultipartUploads", "ListBucketMultipartUploads", false},
	{"GET", onBucket, "versioning", "GetBucketVersioning", "GetBucketVersioning", false},
	{"PUT", onBucket, "versioning", "PutBucketVersioning", "PutBucketVersioning", false},
	{"GET", onBucket, "versions", "ListObjectVersions", "ListBucketVersions", false},
	{"GET", onBucket, "website", "GetBucketWebsite", "GetBucketWebsite", false},
	{"PUT", onBucket, "website", "PutBucketWebsite", "PutBucketWebsite", false},
	{"DELETE", onBucket, "website", "DeleteBucketWebsite", "DeleteBucketWebsite", false},
	{"POST", onBucket, "delete", "DeleteObjects", "DeleteObject", false},
	{"GET", onBucket, "list-type", "ListObjectsV2", "ListBucket", false},
	{"GET", onBucket, "", "ListObjects", "ListBucket", false},
	{"HEAD", onBucket, "", "HeadBucket", "ListBucket", false},
	{"PUT", onBucket, "", "CreateBucket", "CreateBucket", false},
	{"DELETE", onBucket, "", "DeleteBucket", "DeleteBucket", false},

	{"GET", onObject, "acl", "GetObjectAcl", "GetObjectAcl", true},
	{"PUT", onObject, "acl", "PutObjectAcl", "PutObjectAcl", true},
	{"GET", onObject, "annotation", "GetObjectAnnotation", "GetObjectAnnotation", true},
	{"PUT", onObject, "annotation", "PutObjectAnnotation", "PutObjectAnnotation", true},
	{"DELETE", onObject, "annotation", "DeleteObjectAnnotation", "DeleteObjectAnnotation", true},
	{"GET", onObject, "attributes", "GetObjectAttributes", "GetObjectAttributes", true},
	{"GET", onObject, "legal-hold", "GetObjectLegalHold", "GetObjectLegalHold", false},
	{"PUT", onObject, "legal-hold", "PutObjectLegalHold", "PutObjectLegalHold", false},
	{"GET", onObject, "retention", "GetObjectRetention", "GetObjectRetention", false},
	{"PUT", onObject, "retention", "PutObjectRetention", "PutObjectRetention", false},
	{"GET", onObject, "tagging", "GetObjectTagging", "GetObjectTagging", true},
	{"PUT", onObject, "tagging", "PutObjectTagging", "PutObjectTagging", true},
	{"DELETE", onObject, "tagging", "DeleteObjectTagging", "DeleteObjectTagging", true},
	{"GET", onObject, "torrent", "GetObjectTorrent", "GetObjectTorrent", true},
	{"POST", onObject, "restore", "RestoreObject", "RestoreObject", false},
	{"POST", onObject, "select", "SelectObjectContent", "GetObject", false},
	{"POST", onObject, "uploads", "CreateMultipartUpload", "PutObject", false},
	{"POST", onObject, "uploadId", "CompleteMultipartUpload", "PutObject", false},
	{"PUT", onObject, "uploadId", "UploadPart", "PutObject", false},
	{"DELETE", onObject, "uploadId", "AbortMultipartUpload", "AbortMultipartUpload", false},
	{"GET", onObject, "uploadId", "ListParts", "ListMultipartUploadParts", false},
	{"GET", onObject, "", "GetObject", "GetObject", true},
	{"HEAD", onObject, "", "HeadObject", "GetObject", true},
	{"PUT", onObject, "", "PutObject", "PutObject", false},
	{"DELETE", onObject, "", "DeleteObject", "DeleteObject", true},

	{"GET", onService, "", "ListBuckets", "ListAllMyBuckets", false},
}

// s3Parts are the parts of a query that tell operations from each other, and s3Values those that do not. A query with another part may be another operation, which is
// not known. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
var (
	s3Parts = func() map[string]bool {
		all := map[string]bool{}
		for _, o := range s3Operations {
			if o.part != "" {
				all[o.part] = true
			}
		}
		return all
	}()
	s3Values = strings.Fields(`annotation-prefix annotationName bucket-region continuation-token delimiter encoding-type fetch-owner id key-marker marker max-annotation-results max-buckets max-directory-buckets max-keys max-parts max-uploads part-number-marker
		partNumber prefix response-cache-control response-content-disposition response-content-encoding response-content-language response-content-type response-expires select-type start-after
		upload-id-marker version-id-marker versionId x-id`)
)

// s3Lists are the parts of a query that without an ID are those of lists.
var s3Lists = map[string]bool{"analytics": true, "intelligent-tiering": true, "inventory": true, "metrics": true}

// HostBucket is the bucket that a request to S3 names in its host, such as BUCKET.localhost. "" if the path names it.
func HostBucket(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	name, ok := strings.CutSuffix(host, ".localhost")
	if name = strings.TrimSuffix(name, ".s3"); !ok || name == "s3" {
		return ""
	}
	return name
}

// bucketAndKey are the bucket and the key that a request to S3 names. "" for none.
func bucketAndKey(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if bucket = HostBucket(r); bucket != "" {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// readS3 reads a request to S3.
func (q *Request) readS3(r *http.Request, body []byte, at Place, tables Tables) error {
	bucket, key := bucketAndKey(r)
	on := onService
	switch {
	case key != "":
		on = onObject
	case bucket != "":
		on = onBucket
	}
	query := r.URL.Query()
	var parts []string
	for name, values := range r.Header {
		if len(values) > 1 && strings.HasPrefix(name, "X-Amz-") {
			return malformed("found header %s %d times", name, len(values))
		}
	}
	for name, values := range query {
		if len(values) > 1 {
			return malformed("found %s %d times in the query", name, len(values))
		}
		switch {
		case s3Parts[name]:
			parts = append(parts, name)
		case !slices.Contains(s3Values, name) && !strings.HasPrefix(name, "X-Amz-"):
			return unknown("found %q in the query, of which this sandbox does not know what it asks S3 for", name)
		}
	}
	slices.Sort(parts)
	i := slices.IndexFunc(s3Operations, func(o s3Operation) bool {
		return o.method == r.Method && o.on == on && (o.part == "" && len(parts) == 0 || len(parts) == 1 && parts[0] == o.part)
	})
	if i < 0 {
		return unknown("found %s with %q in the query, of which this sandbox does not know the operation of S3", r.Method, parts)
	}
	o := s3Operations[i]
	if q.Operation = o.name; s3Lists[o.part] && r.Method == http.MethodGet && !query.Has("id") {
		q.Operation = strings.Replace(o.name, "Get", "List", 1) + "s"
	}
	if o.part == "annotation" && r.Method == http.MethodGet && !query.Has("annotationName") {
		o.action = "ListObjectAnnotations"
		q.Operation = o.action
	}
	context := s3Context(r, query)
	bucketARN := "arn:" + at.Partition + ":s3:::" + bucket
	resource := map[int]string{onService: "*", onBucket: bucketARN, onObject: bucketARN + "/" + key}[on]
	if strings.HasPrefix(bucket, "arn:") || strings.HasPrefix(r.URL.Path, "/arn:") {
		return unknown("found a request through an access point, expected one to the bucket itself")
	}
	if o.on == onBucket && oneOf(o.part, "policy", "publicAccessBlock") {
		q.Parameters = Parameters{"Bucket": bucket, map[string]string{"policy": "Policy", "publicAccessBlock": "PublicAccessBlock"}[o.part]: string(body)}
	}
	if oneOf(o.name, "CreateBucket", "DeleteBucket") {
		q.Parameters = Parameters{"Bucket": bucket}
	}
	version := query.Get("versionId")
	ask := func(action, resource string) { q.ask(action, resource, context) }
	switch o.name {
	case "DeleteObjects":
		return q.readDeleteObjects(body, bucketARN, context, r)
	case "UploadPart":
		if copied := r.Header.Get("X-Amz-Copy-Source"); copied != "" {
			q.Operation = "UploadPartCopy"
		}
	case "PutObject":
		if copied := r.Header.Get("X-Amz-Copy-Source"); copied != "" {
			q.Operation = "CopyObject"
		}
	case "GetObjectAttributes":
		ask(versioned("GetObject", version), resource)
	}
	action := o.action
	if o.version {
		action = versioned(action, version)
	}
	ask(action, resource)
	if r.Method == http.MethodPut && on == onObject || o.name == "CreateMultipartUpload" {
		q.putHeaders(r, resource, context)
		if err := q.encryption(r, resource, at, tables); err != nil {
			return err
		}
	}
	if query.Has("versionId") && o.action == "DeleteObject" || o.name == "PutObjectRetention" {
		q.bypass(r, resource, context)
	}
	if q.Operation == "CopyObject" || q.Operation == "UploadPartCopy" {
		return q.readCopy(r, resource, at, context)
	}
	return nil
}

// versioned is the action on a version of an object, which is another one than that on the object.
func versioned(action, version string) string {
	if version == "" {
		return action
	}
	if action == "RestoreObject" {
		return action
	}
	return strings.Replace(action, "Object", "ObjectVersion", 1)
}

// putHeaders are the actions that headers of an upload need beside s3:PutObject.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html#API_PutObject_RequestSyntax
func (q *Request) putHeaders(r *http.Request, resource string, context map[string][]string) {
	if q.Operation == "PutObjectAcl" || q.Operation == "PutObjectTagging" || q.Operation == "UploadPart" || q.Operation == "UploadPartCopy" {
		return
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return r.Header.Get(name) != "" })
	}
	if has("X-Amz-Acl", "X-Amz-Grant-Read", "X-Amz-Grant-Write", "X-Amz-Grant-Full-Control", "X-Amz-Grant-Read-Acp", "X-Amz-Grant-Write-Acp") {
		q.ask("PutObjectAcl", resource, context)
	}
	if has("X-Amz-Tagging") {
		q.ask("PutObjectTagging", resource, context)
	}
	if has("X-Amz-Object-Lock-Mode", "X-Amz-Object-Lock-Retain-Until-Date") {
		q.ask("PutObjectRetention", resource, context)
	}
	if has("X-Amz-Object-Lock-Legal-Hold") {
		q.ask("PutObjectLegalHold", resource, context)
	}
}

// encryption reads under which key an upload asks to be stored, if that is not the one of the bucket: S3 uses it for the caller.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
func (q *Request) encryption(r *http.Request, object string, at Place, tables Tables) error {
	key := r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	switch kind := r.Header.Get("X-Amz-Server-Side-Encryption"); {
	case kind == "" && key == "":
		return nil
	case kind == "AES256":
		q.Asks[0].OwnKey = true
		return nil
	case key == "": // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
		q.Asks[0].ManagedKey = "alias/aws/s3"
		return nil
	}
	key, err := q.keyOf(key, at, tables)
	if err != nil {
		return err
	}
	q.Asks[0].OwnKey, q.Key = true, key
	actions := []string{"kms:GenerateDataKey"}
	if q.Operation == "CreateMultipartUpload" {
		actions = append(actions, "kms:Decrypt")
	}
	encrypted := object
	if strings.EqualFold(r.Header.Get("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"), "true") {
		encrypted, _, _ = strings.Cut(object, "/")
	}
	for _, action := range actions {
		ask := KeyAsk(action, key, at.Region, encrypted)
		if err := encryptionHeader(r.Header.Get("X-Amz-Server-Side-Encryption-Context"), ask.Context); err != nil {
			return err
		}
		q.Asks = append(q.Asks, ask)
	}
	return nil
}

// KeyAsk is the use of a KMS key that S3 asks for, for whoever reads or writes an object, or for its bucket where that has an S3 Bucket Key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
func KeyAsk(action, key, region, encrypted string) Ask {
	return Ask{Action: action, Resource: key, Through: "s3", Context: map[string][]string{"kms:ViaService": {"s3." + region + ".amazonaws.com"}, "kms:EncryptionContext:aws:s3:arn": {encrypted}}}
}

// encryptionHeader adds the encryption context that a header has, as an object of JSON in base64.
func encryptionHeader(header string, context map[string][]string) error {
	if header == "" {
		return nil
	}
	text, err := base64.StdEncoding.DecodeString(header)
	var pairs map[string]string
	if err == nil {
		err = json.Unmarshal(text, &pairs)
	}
	if err != nil {
		return malformed("x-amz-server-side-encryption-context is no object of JSON in base64: %v", err)
	}
	for key, value := range pairs {
		context["kms:EncryptionContext:"+key] = []string{value}
	}
	return nil
}

// bypass is the action that deleting or shortening what is under governance retention needs.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-retention-modes
func (q *Request) bypass(r *http.Request, resource string, context map[string][]string) {
	if strings.EqualFold(r.Header.Get("X-Amz-Bypass-Governance-Retention"), "true") {
		q.ask("BypassGovernanceRetention", resource, context)
	}
}

// readCopy adds what copying needs on the object that is copied, and for its tags.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func (q *Request) readCopy(r *http.Request, destination string, at Place, context map[string][]string) error {
	header := r.Header.Get("X-Amz-Copy-Source")
	from, parameters, _ := strings.Cut(header, "?")
	source, err := url.PathUnescape(strings.TrimPrefix(from, "/"))
	bucket, key, ok := strings.Cut(source, "/")
	switch {
	case strings.HasPrefix(source, "arn:"):
		return unknown("found a copy from an access point, expected one from the bucket itself")
	case err != nil || !ok || bucket == "" || key == "":
		return malformed("found x-amz-copy-source %q, expected BUCKET/KEY", header)
	}
	query, err := url.ParseQuery(parameters)
	version := query.Get("versionId")
	if err != nil || len(query["versionId"]) != len(query) || len(query) > 1 {
		return malformed("found x-amz-copy-source %q, expected no more behind the key than ?versionId=ID", header)
	}
	q.CopySource = "/" + bucket + "/" + strings.ReplaceAll(url.PathEscape(key), "%2F", "/")
	if version != "" {
		q.CopySource += "?versionId=" + url.QueryEscape(version)
	}
	of := map[string][]string{}
	if version != "" {
		of["s3:VersionId"] = []string{version}
	}
	resource := "arn:" + at.Partition + ":s3:::" + bucket + "/" + key
	q.ask(versioned("GetObject", version), resource, of)
	if q.Operation == "CopyObject" && !strings.EqualFold(r.Header.Get("X-Amz-Tagging-Directive"), "REPLACE") {
		q.Asks = append(q.Asks,
			Ask{Action: "s3:" + versioned("GetObjectTagging", version), Resource: resource, Context: of, IfTagged: true},
			Ask{Action: "s3:PutObjectTagging", Resource: destination, Context: context, IfTagged: true})
	}
	return nil
}

// maxDeleted is how many objects one request deletes at most.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
const maxDeleted = 1000

// deletes is the body of DeleteObjects.
type deletes struct {
	XMLName xml.Name        `xml:"Delete"`
	Objects []deletedObject `xml:"Object"`
	Quiet   bool            `xml:"Quiet,omitempty"`
}

type deletedObject struct {
	Key     string `xml:"Key"`
	Version string `xml:"VersionId,omitempty"`
}

// readDeleteObjects reads which objects are deleted.
func (q *Request) readDeleteObjects(body []byte, bucket string, context map[string][]string, r *http.Request) error {
	var list deletes
	if err := xml.Unmarshal(body, &list); err != nil {
		return malformed("the list of objects is no XML: %v", err)
	}
	if n := len(list.Objects); n == 0 || n > maxDeleted {
		return malformed("found %d objects to delete, expected 1 to %d", n, maxDeleted)
	}
	q.Quiet = list.Quiet
	for _, object := range list.Objects {
		if object.Key == "" {
			return malformed("found an object without a key")
		}
		own := context
		if object.Version != "" {
			own = with(context, "s3:VersionId", object.Version)
		}
		q.ask(versioned("DeleteObject", object.Version), bucket+"/"+object.Key, own)
		if object.Version != "" {
			q.bypass(r, bucket+"/"+object.Key, own)
		}
		q.Objects, q.Asks = append(q.Objects, Object{object.Key, object.Version, q.Asks}), nil
	}
	return nil
}

// Deletes is the body of a request that deletes only some of its objects.
func (q *Request) Deletes(objects []Object) []byte {
	list := deletes{Quiet: q.Quiet}
	for _, o := range objects {
		list.Objects = append(list.Objects, deletedObject{o.Key, o.Version})
	}
	text, _ := xml.Marshal(list) // never fails: texts only
	return text
}

func with(context map[string][]string, key, value string) map[string][]string {
	all := map[string][]string{key: {value}}
	for k, v := range context {
		if k != key {
			all[k] = v
		}
	}
	return all
}

// s3Headers are the headers whose value is that of a condition key, and s3Queries the parts of the query.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
var (
	s3Headers = map[string]string{
		"X-Amz-Acl": "s3:x-amz-acl", "X-Amz-Content-Sha256": "s3:x-amz-content-sha256", "X-Amz-Copy-Source": "s3:x-amz-copy-source",
		"X-Amz-Grant-Full-Control": "s3:x-amz-grant-full-control", "X-Amz-Grant-Read": "s3:x-amz-grant-read", "X-Amz-Grant-Read-Acp": "s3:x-amz-grant-read-acp",
		"X-Amz-Grant-Write": "s3:x-amz-grant-write", "X-Amz-Grant-Write-Acp": "s3:x-amz-grant-write-acp", "X-Amz-Metadata-Directive": "s3:x-amz-metadata-directive",
		"X-Amz-Object-Ownership": "s3:x-amz-object-ownership", "X-Amz-Server-Side-Encryption": "s3:x-amz-server-side-encryption",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id":     "s3:x-amz-server-side-encryption-aws-kms-key-id",
		"X-Amz-Server-Side-Encryption-Customer-Algorithm": "s3:x-amz-server-side-encryption-customer-algorithm", "X-Amz-Storage-Class": "s3:x-amz-storage-class",
		"X-Amz-Website-Redirect-Location": "s3:x-amz-website-redirect-location", "X-Amz-Object-Lock-Mode": "s3:object-lock-mode",
		"X-Amz-Object-Lock-Retain-Until-Date": "s3:object-lock-retain-until-date", "X-Amz-Object-Lock-Legal-Hold": "s3:object-lock-legal-hold",
		"If-Match": "s3:if-match", "If-None-Match": "s3:if-none-match",
	}
	s3Queries = map[string]string{"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys", "versionId": "s3:VersionId"}
)

// s3Context are the condition keys of a request to S3.
func s3Context(r *http.Request, query url.Values) map[string][]string {
	context := map[string][]string{"s3:authType": {"REST-HEADER"}, "s3:signatureversion": {"AWS4-HMAC-SHA256"}, "s3:TlsVersion": {"1.3"}}
	if query.Has("X-Amz-Signature") {
		context["s3:authType"] = []string{"REST-QUERY-STRING"}
	}
	for name, key := range s3Headers {
		if value := r.Header.Get(name); value != "" {
			context[key] = []string{value}
		}
	}
	if source := context["s3:x-amz-copy-source"]; source != nil && !strings.HasPrefix(source[0], "/") {
		context["s3:x-amz-copy-source"] = []string{"/" + source[0]}
	}
	for name, key := range s3Queries {
		if query.Has(name) {
			context[key] = []string{query.Get(name)}
		}
	}
	if tags, err := url.ParseQuery(r.Header.Get("X-Amz-Tagging")); err == nil && len(tags) > 0 {
		for name, values := range tags {
			context["s3:RequestObjectTag/"+name] = values[:1]
			context["s3:RequestObjectTagKeys"] = append(context["s3:RequestObjectTagKeys"], name)
		}
		slices.Sort(context["s3:RequestObjectTagKeys"])
	}
	return context
}
