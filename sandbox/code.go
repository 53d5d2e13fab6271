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
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/assembly"
)

// program is how the code of a function is run.
type program struct {
	interpreter string // "" for the function's own bootstrap
	args        []string
	environment map[string]string
	note        string // in what it differs from Lambda. "" for nothing
}

// path is that of the program, for code in a directory.
func (p program) path(code string) string {
	if p.interpreter != "" {
		return p.interpreter
	}
	return filepath.Join(code, "bootstrap")
}

var pythonForm = regexp.MustCompile(`^python3\.[0-9]+$`)

// architectures are Lambda's names of those of Go.
var architectures = map[string]types.Architecture{"amd64": types.ArchitectureX8664, "arm64": types.ArchitectureArm64}

// programOf says how a function is run, or why it cannot be.
func (s *Sandbox) programOf(c *types.FunctionConfiguration) (program, error) {
	switch {
	case c.PackageType == types.PackageTypeImage:
		return program{}, errors.New("found a container image, expected a .zip file: the sandbox runs no containers")
	case len(c.Layers) > 0:
		return program{}, fmt.Errorf("found layer %s, expected none: put what it has into the function's own package", aws.ToString(c.Layers[0].Arn))
	}
	switch name := string(c.Runtime); {
	case strings.HasPrefix(name, "provided"):
		expected := architectures[runtime.GOARCH]
		if found := append(slices.Clone(c.Architectures), types.ArchitectureX8664)[0]; found != expected {
			return program{}, fmt.Errorf("found a program for %s, expected one for %s, which this machine runs: build and deploy it for that (the app of this module does with -c architecture=%[2]s)", found, expected)
		}
		return program{}, nil
	case pythonForm.MatchString(name):
		python, err := filepath.Abs(filepath.Join(s.venv, "bin", "python"))
		if err != nil {
			return program{}, err
		}
		// AWS's own runtime of Python functions is a package of the sandbox's Python environment.
		note := ""
		if has := pythonVersion(s.venv); !strings.HasPrefix(has+".", strings.TrimPrefix(name, "python")+".") {
			note = fmt.Sprintf("The function is for %s, and the sandbox runs it with Python %s.", name, has)
		}
		return program{
			note: note, interpreter: python,
			args:        []string{"-m", "awslambdaric", aws.ToString(c.Handler)},
			environment: map[string]string{"AWS_EXECUTION_ENV": "AWS_Lambda_" + name},
		}, nil
	default:
		return program{}, fmt.Errorf("found runtime %q, expected python3.x, provided.al2 or provided.al2023, which are those that the sandbox runs", name)
	}
}

var pythonVersionForm = regexp.MustCompile(`(?m)^version *= *([0-9.]+)`)

// pythonVersion is the version of a Python environment, "of another version" if it does not say it.
// https://docs.python.org/3/library/venv.html
func pythonVersion(venv string) string {
	text, err := os.ReadFile(filepath.Join(venv, "pyvenv.cfg"))
	if found := pythonVersionForm.FindSubmatch(text); err == nil && found != nil {
		return string(found[1])
	}
	return "of another version"
}

// unpackCode writes the code of a function into a directory.
func (s *Sandbox) unpackCode(ctx context.Context, config aws.Config, r *assembly.Resource, deployed *lambda.GetFunctionOutput, directory string) error {
	code, _ := r.Properties["Code"].(map[string]any)
	if text, ok := code["ZipFile"].(string); ok {
		// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html#cfn-lambda-function-code-zipfile
		if err := os.Mkdir(directory, 0o700); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(directory, "index.py"), []byte(text), 0o600)
	}
	bucket, ok := code["S3Bucket"].(string)
	if !ok {
		return errors.New("found no ZipFile and no S3Bucket in its Code, expected one of them")
	}
	content, err := download(ctx, config, bucket, deployed)
	if err != nil {
		return fmt.Errorf("get package from bucket %s: %w", bucket, err)
	}
	return unpack(content, directory)
}

// download gets the deployment package of a function, and checks its digest.
func download(ctx context.Context, config aws.Config, bucket string, deployed *lambda.GetFunctionOutput) ([]byte, error) {
	// The location that the local AWS returns has the key but not the bucket.
	location, err := url.Parse(aws.ToString(deployed.Code.Location))
	if err != nil {
		return nil, fmt.Errorf("read the location of the package: %w", err)
	}
	object, err := s3.NewFromConfig(config).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(strings.TrimPrefix(location.Path, "/"))})
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	content, err := io.ReadAll(object.Body)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(content)
	if found, expected := base64.StdEncoding.EncodeToString(digest[:]), aws.ToString(deployed.Configuration.CodeSha256); found != expected {
		return nil, fmt.Errorf("found a package with digest %s, expected %s, that of the function", found, expected)
	}
	return content, nil
}

// maxUnpacked is how large a function's code may be, unpacked, in bytes: 250 MB.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxUnpacked = 250 << 20

// unpack writes the files of a deployment package into a new directory.
func unpack(content []byte, directory string) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return fmt.Errorf("open package: %w", err)
	}
	if err := os.Mkdir(directory, 0o700); err != nil {
		return err
	}
	left := int64(maxUnpacked)
	for _, file := range archive.File {
		path := filepath.Join(directory, filepath.FromSlash(file.Name))
		switch {
		case !filepath.IsLocal(filepath.FromSlash(file.Name)):
			return fmt.Errorf("open package: found file %q, expected a path within the package", file.Name)
		case strings.HasSuffix(file.Name, "/"):
			if err := os.MkdirAll(path, 0o700); err != nil {
				return err
			}
			continue
		case !file.Mode().IsRegular():
			return fmt.Errorf("open package: found %q, which is no regular file, expected regular files and directories", file.Name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		n, err := unpackFile(file, path, left)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", file.Name, err)
		}
		if left -= n; left < 0 {
			return fmt.Errorf("open package: found more than %d bytes in its files, expected no more", maxUnpacked)
		}
	}
	return nil
}

// unpackFile writes one file, and no more than one byte beyond what is left.
func unpackFile(file *zip.File, path string, left int64) (int64, error) {
	packed, err := file.Open()
	if err != nil {
		return 0, err
	}
	defer packed.Close()
	unpacked, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600|file.Mode().Perm()&0o100)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(unpacked, io.LimitReader(packed, left+1))
	return n, errors.Join(err, unpacked.Close())
}
