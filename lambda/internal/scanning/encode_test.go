package scanning

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/jsontext"
)

// reference encodes an item by attributevalue and encoding/json.
func reference(item item) ([]byte, error) {
	object := map[string]any{}
	if err := attributevalue.UnmarshalMapWithOptions(item, &object, func(o *attributevalue.DecoderOptions) { o.UseNumber = true }); err != nil {
		return nil, err
	}
	return answer.JSON(plain(object))
}

// plain replaces values that encoding/json would encode wrongly: a number of DynamoDB, which is a string in Go, and an empty value that is nil.
func plain(value any) any {
	switch v := value.(type) {
	case attributevalue.Number:
		return json.Number(v)
	case []attributevalue.Number:
		numbers := make([]json.Number, len(v))
		for i, n := range v {
			numbers[i] = json.Number(n)
		}
		return numbers
	case []byte:
		if v == nil {
			return ""
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return value
}

// answering is an HTTP client whose every answer is one body.
type answering []byte

func (a answering) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, ContentLength: int64(len(a)), Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a))}, nil
}

func clientOf(body []byte) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "eu-west-1", HTTPClient: answering(body), Retryer: aws.NopRetryer{}, DisableValidateResponseChecksum: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"}, nil
		}),
	})
}

// wireValue is a value in the JSON of DynamoDB, with odd but permitted escapes and white space.
func wireValue(r *rand.Rand, value types.AttributeValue) string {
	list := func(n int, one func(i int) string) string {
		var all []string
		for i := range n {
			all = append(all, one(i))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	text := func(s string) string {
		encoded, _ := json.Marshal(s) // with the escapes for HTML
		if r.IntN(4) == 0 {
			encoded = []byte(strings.ReplaceAll(string(encoded), "/", `\/`))
		}
		return string(encoded)
	}
	binary := func(b []byte) string { return `"` + base64.StdEncoding.EncodeToString(b) + `"` }
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return `{"S":` + text(v.Value) + `}`
	case *types.AttributeValueMemberN:
		return `{"N" : "` + v.Value + `"}`
	case *types.AttributeValueMemberB:
		return `{"B":` + binary(v.Value) + `}`
	case *types.AttributeValueMemberBOOL:
		return `{"BOOL":` + strconv.FormatBool(v.Value) + `}`
	case *types.AttributeValueMemberNULL:
		return "{\n\"NULL\": true }"
	case *types.AttributeValueMemberSS:
		return `{"SS":` + list(len(v.Value), func(i int) string { return text(v.Value[i]) }) + `}`
	case *types.AttributeValueMemberNS:
		return `{"NS":` + list(len(v.Value), func(i int) string { return `"` + v.Value[i] + `"` }) + `}`
	case *types.AttributeValueMemberBS:
		return `{"BS":` + list(len(v.Value), func(i int) string { return binary(v.Value[i]) }) + `}`
	case *types.AttributeValueMemberL:
		return `{"L":` + list(len(v.Value), func(i int) string { return wireValue(r, v.Value[i]) }) + `}`
	case *types.AttributeValueMemberM:
		return `{"M":` + wireItem(r, v.Value) + `}`
	}
	panic(fmt.Sprintf("%T", value))
}

func wireItem(r *rand.Rand, it item) string {
	var all []string
	for name, value := range it { // in the random order of Go's maps
		encoded, _ := json.Marshal(name)
		all = append(all, string(encoded)+":"+wireValue(r, value))
	}
	return "{" + strings.Join(all, ", ") + "}"
}

func randomText(r *rand.Rand) string {
	letters := []string{"a", "Z", "0", "_", "-", " ", "/", `"`, `\`, "<", "&", "\x00", "\n", "\t", "\x7f", "x", "y", "é", "\u2028", "😀", "\ufffd"}
	var out strings.Builder
	for range r.IntN(12) {
		out.WriteString(letters[r.IntN(len(letters))])
	}
	return out.String()
}

func randomValue(r *rand.Rand, depth int) types.AttributeValue {
	number := func() string {
		return []string{"0", "-1", "1.50", "12345678901234567890123456789012345678", "9.9E+125", "-0.1E-130", strconv.Itoa(r.IntN(1 << 30))}[r.IntN(7)]
	}
	binary := func() []byte { return []byte(randomText(r)) }
	kinds := 10
	if depth == 0 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return str(randomText(r))
	case 1:
		return num(number())
	case 2:
		return &types.AttributeValueMemberB{Value: binary()}
	case 3:
		return &types.AttributeValueMemberBOOL{Value: r.IntN(2) == 0}
	case 4:
		return &types.AttributeValueMemberNULL{Value: true}
	case 5:
		return &types.AttributeValueMemberSS{Value: []string{randomText(r), randomText(r)}}
	case 6:
		return &types.AttributeValueMemberNS{Value: []string{number(), number()}}
	case 7:
		return &types.AttributeValueMemberBS{Value: [][]byte{binary(), binary()}}
	case 8:
		var list []types.AttributeValue
		for range r.IntN(4) {
			list = append(list, randomValue(r, depth-1))
		}
		return &types.AttributeValueMemberL{Value: list}
	}
	return &types.AttributeValueMemberM{Value: randomItem(r, depth-1)}
}

func randomItem(r *rand.Rand, depth int) item {
	it := item{}
	for range r.IntN(6) {
		it[randomText(r)] = randomValue(r, depth)
	}
	return it
}

// Whatever an item has, we encode it as attributevalue and encoding/json do, from the SDK's values and from DynamoDB's JSON.
func TestItemsAreEncodedAsByEncodingJSON(t *testing.T) {
	const seed, items = 15, 2000
	left := 0
	r := rand.New(rand.NewPCG(seed, 1))
	for range items {
		it := randomItem(r, 3)
		want, err := reference(it)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := appendItem(nil, it); err != nil || string(got) != string(want) {
			t.Fatalf("seed %d: found %s, %v\nexpected %s", seed, got, err, want)
		}
		wire := &response{body: []byte(`{"Count":1,"Items":[` + wireItem(r, it) + `],"ScannedCount":1}`)}
		rest, ok := wire.takeItems()
		if !ok && oddName(it) { // these are left to the SDK
			left++
			continue
		}
		if !ok || len(wire.items) != 1 || string(wire.items[0]) != string(want) || string(rest) != `{"Count":1,"Items":[],"ScannedCount":1}` {
			t.Fatalf("seed %d: of %s found %s and %s, %t\nexpected %s", seed, wire.body, wire.items, rest, ok, want)
		}
	}
	if left == 0 || left > items*9/10 {
		t.Errorf("found %d of %d items left to the SDK, expected some", left, items)
	}
}

// oddName reports whether a name in an item has characters that JSON escapes.
func oddName(it item) bool {
	for name, value := range it {
		switch v := value.(type) {
		case *types.AttributeValueMemberM:
			if oddName(v.Value) {
				return true
			}
		case *types.AttributeValueMemberL:
			for _, one := range v.Value {
				if oddName(item{"": one}) {
					return true
				}
			}
		}
		if strings.Contains(string(jsontext.AppendString(nil, name)), `\`) {
			return true
		}
	}
	return false
}

// Of any body, in the form of DynamoDB or not, our answer is the one that the SDK's attribute values make.
func FuzzResponse(f *testing.F) {
	r := rand.New(rand.NewPCG(15, 2))
	for range 20 {
		f.Add([]byte(`{"Items":[` + wireItem(r, randomItem(r, 2)) + "," + wireItem(r, randomItem(r, 2)) + `],"LastEvaluatedKey":{"id":{"S":"x"}}}`))
	}
	for _, body := range []string{
		`{}`, ``, `null`, `[]`, `{"Items":null}`, `{"Items":[]}`, `{"Items":[null]}`, `{"Items":[{}]} x`, `{"Items":[{"a":{}}]}`, `{"Items":[{"a":null}]}`,
		`{"Items":[{"a":{"S":"x","N":"1"}}]}`, `{"Items":[{"a":{"X":"x"}}]}`, `{"Items":[{"a":{"S":1}}]}`, `{"Items":[{"a":{"N":"x"}}]}`, `{"Items":[{"a":{"N":"\u0031"}}]}`,
		`{"Items":[{"a":{"S":"x"},"a":{"S":"y"}}]}`, `{"Items":[{"\u0061":{"S":"\ud83d\ude00\ud800"}}]}`, `{"Items":[{"a":{"B":"aGk"}}]}`, `{"Items":[{"a":{"B":"aGl="}}]}`,
		`{"Items":[{"a":{"NULL":false}}]}`, `{"Items":[{"a":{"SS":[]}}]}`, `{"Items":[{"a":{"L":[{"M":{}}]}}],"Count":1,"Items":[]}`, "{\"Items\":[{\"a\":{\"S\":\"\xff\"}}]}",
		`{"a":[1,{"b":"}"}],"Items":[{"z":{"N":"1"},"a":{"BOOL":true}}]`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in := &dynamodb.ScanInput{TableName: aws.String(tableName)}
		client := clientOf(body)
		r := &response{}
		got, err := client.Scan(t.Context(), in, r.option)
		if !json.Valid(body) { // of which some make the SDK panic
			if err == nil {
				t.Fatalf("%q: found no error", body)
			}
			return
		}
		want, wantErr := client.Scan(t.Context(), in)
		if err != nil {
			if wantErr == nil {
				t.Fatalf("%q: found %v", body, err)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("%q: found no error, the SDK %v", body, wantErr)
		}
		items, err := r.itemsOf(got)
		if err != nil && (strings.Contains(err.Error(), "type <nil>") || strings.Contains(err.Error(), `the number ""`)) {
			return // the SDK makes a null of what it does not know, and encoding/json 0 of a number that is empty
		}
		var all []string
		for _, it := range want.Items {
			one, err := reference(it)
			if err != nil {
				return // what is no number is one for the SDK
			}
			all = append(all, string(one))
		}
		if err != nil || len(items) != len(all) || len(got.LastEvaluatedKey) != len(want.LastEvaluatedKey) {
			t.Fatalf("%q: found %d items, %v; expected %d", body, len(items), err, len(all))
		}
		for i, one := range all {
			if string(items[i]) != one {
				t.Fatalf("%q: found %s, expected %s", body, items[i], one)
			}
		}
	})
}
