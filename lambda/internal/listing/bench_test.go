package listing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/benchcompare"
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
	ways := []benchcompare.Way{
		{Name: "list", Run: func() error {
			if result := function.Serve(b.Context(), invocation.Request{Payload: []byte(`{"maxKeys":10000}`)}); result.Status != 200 || !bytes.Contains(result.Payload, []byte(`"count":10000}`)) {
				return fmt.Errorf("%.200s", result.Payload)
			}
			return nil
		}},
		{Name: "paginator", Run: func() error {
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
	benchcompare.Ways(b, 0, ways, func(b *testing.B, t benchcompare.Times) {
		b.ReportMetric(benchcompare.Ratio(t.CPU[0], t.CPU[1]), "x-cpu-of-paginator")
	})
}
