package scanning

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/benchcompare"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// devicesBody is DynamoDB's answer with n items of some 340 bytes, such as a table of devices has.
func devicesBody(n int) []byte {
	r := rand.New(rand.NewPCG(15, 3))
	var items []string
	for i := range n {
		items = append(items, fmt.Sprintf(`{"updatedAt":{"S":"2026-01-01T%02d:%02d:%02dZ"},"deviceId":{"S":"device-%08d"},"owner":{"S":"%016x"},"temperature":{"N":"%d.%d"},`+
			`"tags":{"SS":["floor-%d","building-a"]},"online":{"BOOL":true},"location":{"M":{"lon":{"N":"%d.12345"},"lat":{"N":"48.%d"}}},"history":{"L":[{"N":"1"},{"N":"%d"},{"S":"ok"}]},`+
			`"note":{"S":"a \"quoted\" note / of %d"}}`, i%24, i%60, i%60, i, r.Uint64(), r.IntN(90), r.IntN(10), r.IntN(40), r.IntN(90), r.IntN(99999), r.IntN(1000), r.IntN(1000)))
	}
	return []byte(fmt.Sprintf(`{"Count":%d,"Items":[%s],"ScannedCount":%d}`, n, strings.Join(items, ","), n))
}

// A page of 1,000 items as JSON, by this package, by the SDK with attributevalue and encoding/json, and by the SDK alone without JSON. The last
// line has ratios of the processors' time, measured in turns.
func BenchmarkPage(b *testing.B) {
	body := devicesBody(1000)
	client := clientOf(body)
	own, err := NewClient(awsclient.Config{
		Config: aws.Config{Region: "eu-west-1", HTTPClient: answering(body), Credentials: client.Options().Credentials}, Pace: pace.New(1),
	})
	if err != nil {
		b.Fatal(err)
	}
	function := New(own, grant)
	ways := []benchcompare.Way{
		{Name: "scan", Run: func() error {
			if status, payload := serve(function, `{"limit":1000}`); status != 200 {
				return fmt.Errorf("%.200s", payload)
			}
			return nil
		}},
		{Name: "attributevalue", Run: func() error {
			out, err := client.Scan(b.Context(), &dynamodb.ScanInput{TableName: aws.String(tableName)})
			if err != nil {
				return err
			}
			var items []map[string]any
			if err := attributevalue.UnmarshalListOfMaps(out.Items, &items); err != nil {
				return err
			}
			_, err = json.Marshal(map[string]any{"items": items, "count": len(items)})
			return err
		}},
		{Name: "sdk", Run: func() error {
			_, err := client.Scan(b.Context(), &dynamodb.ScanInput{TableName: aws.String(tableName)})
			return err
		}},
	}
	benchcompare.Ways(b, len(body), ways, func(b *testing.B, t benchcompare.Times) {
		b.ReportMetric(benchcompare.Ratio(t.CPU[0], t.CPU[1]), "x-cpu-of-attributevalue")
		b.ReportMetric(benchcompare.Ratio(t.CPU[0], t.CPU[2]), "x-cpu-of-sdk-alone")
	})
}
