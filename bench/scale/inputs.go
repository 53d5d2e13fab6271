package main

// kind says where an input comes from.
type kind string

const (
	limit    kind = "limit"    // AWS's documentation
	price    kind = "price"    // a list price
	measured kind = "measured" // make bench
	assumed  kind = "assumed"  // nobody says it; the documents name it as assumed
	setting  kind = "setting"  // of the app
)

// input is one number that the simulation computes with.
type input struct {
	value float64
	text  string // as the table has it, with the unit
	what  string
	kind  kind
	page  string // where it is said
}

const (
	stepFunctionsQuotas = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
	itemReader          = "https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html"
	s3Performance       = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"
	s3Guidelines        = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html"
	s3Listing           = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"
	s3Prices            = "https://aws.amazon.com/s3/pricing/"
	lambdaQuotas        = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
	lambdaScaling       = "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"
	lambdaMemory        = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"
	lambdaPrices        = "https://aws.amazon.com/lambda/pricing/"
	stepFunctionsPrices = "https://aws.amazon.com/step-functions/pricing/"
	kmsQuotas           = "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html"
	kmsPrices           = "https://aws.amazon.com/kms/pricing/"
	stsQuotas           = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
	dynamoDBPrices      = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
	figures             = "performance.md"
	configuration       = "configuration.md"
	workloads           = "workloads.md"
	costs               = "costs.md"
)

// The limits are the defaults for ap-northeast-1, the app's default region.
var (
	prefixWrites   = input{3500, "3,500 a second at least", "COPY, PUT and the like, for each partitioned prefix of S3", limit, s3Performance}
	prefixReads    = input{5500, "5,500 a second at least", "GET and HEAD", limit, s3Performance}
	children       = input{10000, "10,000", "children at once of a Map Run", limit, stepFunctionsQuotas}
	dispatch       = input{100, "100 a second", "standard children that a Map Run starts", limit, stepFunctionsQuotas}
	items          = input{100e6, "100 million", "items that a Map Run reads before it stops", limit, itemReader}
	mapRuns        = input{1000, "1,000", "open Map Runs", limit, stepFunctionsQuotas}
	transitions    = input{800, "800 a second", "state transitions of standard workflows (5,000 in us-east-1, us-west-2 and eu-west-1)", limit, stepFunctionsQuotas}
	history        = input{25000, "25,000", "events in the history of an execution", limit, stepFunctionsQuotas}
	environments   = input{1000, "1,000", "concurrent executions of Lambda", limit, lambdaQuotas}
	scaling        = input{100, "100 a second", "new environments of a function (1,000 in 10 seconds)", limit, lambdaScaling}
	functionTime   = input{900, "15 minutes", "an invocation", limit, lambdaQuotas}
	fullProcessor  = input{1769, "1,769 MB", "memory that comes with a whole processor", limit, lambdaMemory}
	assumeRoles    = input{600, "600 a second", "requests of an account to STS", limit, stsQuotas}
	kmsRequests    = input{20000, "20,000 a second", "requests to KMS with symmetric keys (10,000 in most regions)", limit, kmsQuotas}
	pageKeys       = input{1000, "1,000", "keys in a page of a listing, each page named by the one before", limit, s3Listing}
	answerTime     = input{0.1, "100 ms", "an answer, of “roughly 100–200 milliseconds” for small objects, taken for COPY and LIST, too", limit, s3Performance}
	bytesOfRequest = input{90e6, "90 MB a second", "what one request reads of S3 (85 to 90), taken for COPY, of which AWS says nothing", limit, s3Guidelines}

	processor    = input{103e-6, "103 µs", "processor time of `copy` for an object", measured, figures}
	memory       = input{512, "512 MiB", "memory of `copy`", setting, figures}
	atOnce       = input{256, "256", "its requests at once", setting, figures}
	partBytes    = input{256 << 20, "256 MiB", "`copyPartMiB`", setting, configuration}
	batchItems   = input{500, "500", "objects of a batch", setting, workloads}
	largeBytes   = input{10 << 30, "10 GiB", "objects that are larger are copied by invocations of their own", setting, workloads}
	perPrefix    = input{10, "10", "batches at once of a prefix (`copyConcurrency`)", setting, configuration}
	largeAtOnce  = input{4, "4", "large objects of a batch at once", setting, workloads}
	childStates  = input{4, "4", "state transitions of a batch", setting, costs}
	largeStates  = input{3, "3", "and of each large object in it", setting, costs}
	parentEvents = input{10, "10", "events of the execution for each Map Run", setting, workloads}
	largeEvents  = input{11, "11", "events of the child for each large object", setting, workloads}
	logBytes     = input{10e3, "10 KB", "logs of a batch", assumed, ""}

	writePrice      = input{4.7e-6, "$0.0047 for 1,000", "S3: COPY, PUT, LIST and the requests of parts", price, s3Prices}
	readPrice       = input{0.37e-6, "$0.00037 for 1,000", "S3: GET and HEAD", price, s3Prices}
	computePrice    = input{0.0000133334, "$0.0000133334 a GB-second", "Lambda: duration on arm64", price, lambdaPrices}
	invocationPrice = input{0.2e-6, "$0.20 for a million", "Lambda: invocations", price, lambdaPrices}
	transitionPrice = input{25e-6, "$0.025 for 1,000", "Step Functions: state transitions", price, stepFunctionsPrices}
	kmsPrice        = input{3e-6, "$0.03 for 10,000", "KMS: requests", price, kmsPrices}
	logPrice        = input{0.76e-9, "$0.76 a GB", "CloudWatch: logs", price, "https://aws.amazon.com/cloudwatch/pricing/"}
	tracePrice      = input{5e-6, "$5 for a million", "X-Ray: traces, one a batch", price, "https://aws.amazon.com/xray/pricing/"}
	readUnitPrice   = input{0.1425e-6, "$0.1425 for a million", "DynamoDB: read request units", price, dynamoDBPrices}
	batchJobPrice   = input{0.25, "$0.25", "S3 Batch Operations: a job (us-east-1)", price, s3Prices}
	batchPrice      = input{1e-6, "$1.00 for a million", "S3 Batch Operations: objects (us-east-1)", price, s3Prices}
	inventoryPrice  = input{0.0028e-6, "$0.0028 for a million", "S3 Inventory: objects listed", price, s3Prices}
)

// inputs are all of them, in the order of the table.
func inputs() []input {
	return []input{
		prefixWrites, prefixReads, pageKeys, answerTime, bytesOfRequest,
		children, dispatch, items, mapRuns, transitions, history,
		environments, scaling, functionTime, fullProcessor, assumeRoles, kmsRequests,
		processor, memory, atOnce, partBytes, batchItems, perPrefix, largeBytes, largeAtOnce, childStates, largeStates, parentEvents, largeEvents, logBytes,
		writePrice, readPrice, computePrice, invocationPrice, transitionPrice, logPrice, tracePrice, kmsPrice, readUnitPrice, batchJobPrice, batchPrice, inventoryPrice,
	}
}
