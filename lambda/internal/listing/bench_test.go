package listing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// pages is an HTTP client that answers with a listing of n pages of 1,000 keys.
type pages [][]byte

func newPages(n int) (p pages) {
	r := rand.New(rand.NewPCG(15, 4))
	for i := range n {
		var out strings.Builder
		out.WriteString(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>reports</Name><Prefix></Prefix><KeyCount>1000</KeyCount>` +
			`<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>`)
		fmt.Fprintf(&out, `<IsTruncated>%t</IsTruncated><NextContinuationToken>%d</NextContinuationToken>`, i+1 < n, i+1)
		for j := range 1000 {
			fmt.Fprintf(&out, `<Contents><Key>inbox/2026/01/part-%08d-%x.json</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;%016x%016x&quot;</ETag>`+
				`<Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>`, i*1000+j, r.Uint32(), r.Uint64(), r.Uint64(), r.IntN(1<<20))
		}
		out.WriteString(`</ListBucketResult>`)
		p = append(p, []byte(out.String()))
	}
	return p
}

func (p pages) Do(r *http.Request) (*http.Response, error) {
	at := 0
	_, _ = fmt.Sscan(r.URL.Query().Get("continuation-token"), &at)
	return &http.Response{StatusCode: 200, ContentLength: int64(len(p[at])), Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(p[at]))}, nil
}

// 10,000 keys, which is what one answer can have, by this package and by the SDK's paginator alone. The last line has the ratio of the processors'
// time, measured in turns.
func BenchmarkKeys(b *testing.B) {
	client := s3.New(s3.Options{
		Region: "eu-west-1", HTTPClient: newPages(10), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"}, nil
		}),
	})
	function := New(client, Grant{Bucket: "reports"})
	ways := []struct {
		name string
		run  func() error
	}{
		{"list", func() error {
			if result := function.Serve(b.Context(), invocation.Request{Payload: []byte(`{"maxKeys":10000}`)}); result.Status != 200 || !bytes.Contains(result.Payload, []byte(`"count":10000}`)) {
				return fmt.Errorf("%.200s", result.Payload)
			}
			return nil
		}},
		{"paginator", func() error {
			n := 0
			for p := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String("reports")}); p.HasMorePages(); {
				page, err := p.NextPage(b.Context())
				if err != nil {
					return err
				}
				n += len(page.Contents)
			}
			if n != 10000 {
				return fmt.Errorf("%d keys", n)
			}
			return nil
		}},
	}
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := way.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ratios", func(b *testing.B) {
		var cpu [2]time.Duration
		for b.Loop() {
			for i, way := range ways {
				used := cpuTime(b)
				if err := way.run(); err != nil {
					b.Fatal(err)
				}
				cpu[i] += cpuTime(b) - used
			}
		}
		b.ReportMetric(float64(cpu[0])/float64(cpu[1]), "x-cpu-of-paginator")
	})
}

// cpuTime is the time that all threads of this process have run.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
