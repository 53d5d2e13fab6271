package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/runtimeapi"
	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

// Function is a deployed function of the source account, whose code runs on this machine.
type Function struct {
	// Name is the name of the deployed function.
	Name string

	runtime  *runtimeapi.Function
	endpoint *gateway.Endpoint
	log      *subprocess.Tail
}

// Invoke invokes the function. failed reports that payload is an error of the function, as JSON with errorMessage and errorType.
func (f *Function) Invoke(ctx context.Context, event []byte) (payload []byte, failed bool, err error) {
	result, err := f.runtime.Invoke(ctx, event)
	return result.Payload, result.Failed, err
}

// Log returns the last 64 KiB of the function's output.
func (f *Function) Log() string { return f.log.String() }

// Stop stops the function. It may be called more than once.
func (f *Function) Stop() {
	f.runtime.Stop()
	f.endpoint.Close()
}

// Function prepares a deployed function of the source account: the uploaded code, with the function's environment variables and the credentials
// of its execution role. The caller must call Stop.
func (s *Sandbox) Function(ctx context.Context, name string) (*Function, error) {
	deployed, err := lambda.NewFromConfig(s.Config(s.Source)).GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(name)})
	if err != nil {
		return nil, fmt.Errorf("get function %s: %w", name, err)
	}
	binary, err := s.download(ctx, name, deployed)
	if err != nil {
		return nil, fmt.Errorf("get code of function %s: %w", name, err)
	}
	c := deployed.Configuration
	role, err := s.gateway.Assume("lambda.amazonaws.com", aws.ToString(c.Role), name)
	if err != nil {
		return nil, err
	}
	endpoint, err := s.gateway.From(aws.ToString(c.FunctionArn))
	if err != nil {
		return nil, err
	}
	environment := map[string]string{
		// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
		"AWS_LAMBDA_FUNCTION_NAME":        name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(int(aws.ToInt32(c.MemorySize))),
		"AWS_REGION":                      Region,
		"AWS_DEFAULT_REGION":              Region,
		"AWS_ACCESS_KEY_ID":               role.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":           role.SecretAccessKey,
		"AWS_SESSION_TOKEN":               role.SessionToken,
		"AWS_ENDPOINT_URL":                endpoint.URL(),
	}
	if c.Environment != nil {
		for key, value := range c.Environment.Variables {
			environment[key] = value
		}
	}
	f := &Function{Name: name, endpoint: endpoint, log: &subprocess.Tail{}}
	f.runtime, err = runtimeapi.Serve(runtimeapi.Config{
		Binary:      binary,
		Environment: environment,
		FunctionARN: aws.ToString(c.FunctionArn),
		Timeout:     time.Duration(aws.ToInt32(c.Timeout)) * time.Second,
		Log:         f.log,
	})
	if err != nil {
		endpoint.Close()
		return nil, err
	}
	return f, nil
}

// download gets the deployment package of the function, checks its digest, and extracts the program.
func (s *Sandbox) download(ctx context.Context, name string, deployed *lambda.GetFunctionOutput) (string, error) {
	location, err := url.Parse(aws.ToString(deployed.Code.Location))
	if err != nil {
		return "", fmt.Errorf("read the location of the package: %w", err)
	}
	// The location that the local AWS returns has the key but not the bucket, which is the one that bootstrapping made for assets.
	bucket := "cdk-hnb659fds-assets-" + s.Source.ID + "-" + Region
	object, err := s3.NewFromConfig(s.Config(s.Source)).GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(strings.TrimPrefix(location.Path, "/")),
	})
	if err != nil {
		return "", fmt.Errorf("get package from bucket %s: %w", bucket, err)
	}
	defer object.Body.Close()
	content, err := io.ReadAll(object.Body)
	if err != nil {
		return "", fmt.Errorf("get package from bucket %s: %w", bucket, err)
	}
	digest := sha256.Sum256(content)
	if found, expected := base64.StdEncoding.EncodeToString(digest[:]), aws.ToString(deployed.Configuration.CodeSha256); found != expected {
		return "", fmt.Errorf("found a package with digest %s, expected %s, that of the function", found, expected)
	}
	return s.unpack(name, content)
}

func (s *Sandbox) unpack(name string, content []byte) (string, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return "", fmt.Errorf("open package: %w", err)
	}
	for _, file := range archive.File {
		if file.Name != "bootstrap" {
			return "", fmt.Errorf("open package: found %s, expected bootstrap alone", file.Name)
		}
	}
	packed, err := archive.Open("bootstrap")
	if err != nil {
		return "", errors.New("open package: found no bootstrap")
	}
	defer packed.Close()
	binary := filepath.Join(s.work, name)
	unpacked, err := os.OpenFile(binary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(unpacked, packed); err != nil {
		unpacked.Close()
		return "", fmt.Errorf("unpack program: %w", err)
	}
	return binary, unpacked.Close()
}
