package scanning

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }

// deviceKey is the key of a device.
func deviceKey(id string) key { return key{"deviceId": {S: &id}} }

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

	asked []scanInput
}

func devices(n int) *table {
	t := &table{}
	for i := range n {
		t.items = append(t.items, item{"deviceId": str(fmt.Sprintf("d%04d", i+1))})
	}
	return t
}

func (t *table) Scan(_ context.Context, name string, input []byte, read func([]byte) error) error {
	var in scanInput
	if err := json.Unmarshal(input, &in); err != nil || in.TableName != name {
		return fmt.Errorf("found the input %s for table %s, %v", input, name, err)
	}
	t.asked = append(t.asked, in)
	if t.onCall != nil {
		t.onCall(len(t.asked))
	}
	if t.err != nil && len(t.asked) >= t.after {
		return t.err
	}
	from := ""
	if in.ExclusiveStartKey != nil {
		from = *in.ExclusiveStartKey["deviceId"].S
	}
	size := in.Limit
	if t.pageSize > 0 {
		size = min(size, t.pageSize)
	}
	items, last := []json.RawMessage{}, key(nil)
	for _, it := range t.items {
		id := it["deviceId"].(*types.AttributeValueMemberS).Value
		if id <= from {
			continue
		}
		items = append(items, json.RawMessage(wireItem(nil, it)))
		if len(items) == size {
			last = deviceKey(id)
			break
		}
	}
	answer, err := json.Marshal(struct {
		Count            int
		Items            []json.RawMessage
		LastEvaluatedKey key `json:",omitempty"`
	}{len(items), items, last})
	if err != nil {
		return err
	}
	return read(answer)
}
