package scanning

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }

// table is DynamoDB's documented behaviour over items in their order: a page ends at the limit, also
// where nothing follows, or at pageSize items, and then says where it ended.
type table struct {
	items    []item
	pageSize int
	// after fails the call of that number, counted from 1.
	after int
	err   error
	// onCall may change the items before they are read.
	onCall func(number int)

	asked []dynamodb.ScanInput
}

func devices(n int) *table {
	t := &table{}
	for i := range n {
		t.items = append(t.items, item{"deviceId": str(fmt.Sprintf("d%04d", i+1))})
	}
	return t
}

func (t *table) Scan(_ context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	t.asked = append(t.asked, *in)
	if t.onCall != nil {
		t.onCall(len(t.asked))
	}
	if t.err != nil && len(t.asked) >= t.after {
		return nil, t.err
	}
	from := ""
	if in.ExclusiveStartKey != nil {
		from = in.ExclusiveStartKey["deviceId"].(*types.AttributeValueMemberS).Value
	}
	size := int(aws.ToInt32(in.Limit))
	if t.pageSize > 0 {
		size = min(size, t.pageSize)
	}
	out := &dynamodb.ScanOutput{}
	for _, it := range t.items {
		id := it["deviceId"].(*types.AttributeValueMemberS).Value
		if id <= from {
			continue
		}
		out.Items = append(out.Items, it)
		if len(out.Items) == size {
			out.LastEvaluatedKey = item{"deviceId": str(id)}
			break
		}
	}
	return out, nil
}
