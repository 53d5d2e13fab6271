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
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
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

// wireValue is a value in the JSON of DynamoDB, with odd but permitted escapes if there is r.
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
		if r != nil && r.IntN(4) == 0 {
			encoded = []byte(strings.ReplaceAll(string(encoded), "/", `\/`))
		}
		return string(encoded)
	}
	binary := func(b []byte) string { return text(base64.StdEncoding.EncodeToString(b)) }
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

// Whatever an item has, we encode it as attributevalue and encoding/json do.
func TestItemsAreEncodedAsByEncodingJSON(t *testing.T) {
	const seed, items = 15, 2000
	r := rand.New(rand.NewPCG(seed, 1))
	for range items {
		it := randomItem(r, 3)
		want, err := reference(it)
		if err != nil {
			t.Fatal(err)
		}
		answer := `{"Count":1,"Items":[` + wireItem(r, it) + `],"ScannedCount":1}`
		wire := &response{}
		if err := wire.read([]byte(answer)); err != nil || len(wire.items) != 1 || string(wire.items[0]) != string(want) {
			t.Fatalf("seed %d: of %s found %s, %v\nexpected %s", seed, answer, wire.items, err, want)
		}
	}
}

// documented reports whether a body is in the form that DynamoDB documents: then what the SDK makes of it is all that is in it.
func documented(body []byte, sdk *dynamodb.ScanOutput) bool {
	var found, again map[string]any
	if json.Unmarshal(body, &found) != nil || found["Items"] == nil {
		return false
	}
	var items []string
	for _, it := range sdk.Items {
		if !known(&types.AttributeValueMemberM{Value: it}) {
			return false
		}
		items = append(items, wireItem(nil, it))
	}
	text := `{"Items":[` + strings.Join(items, ",") + `]`
	if last := sdk.LastEvaluatedKey; last != nil {
		if len(last) == 0 || !known(&types.AttributeValueMemberM{Value: last}) {
			return false
		}
		for _, v := range last {
			switch v.(type) {
			case *types.AttributeValueMemberS, *types.AttributeValueMemberN, *types.AttributeValueMemberB:
			default:
				return false
			}
		}
		text += `,"LastEvaluatedKey":` + wireItem(nil, last)
	}
	return json.Unmarshal([]byte(text+"}"), &again) == nil &&
		reflect.DeepEqual(found["Items"], again["Items"]) && reflect.DeepEqual(found["LastEvaluatedKey"], again["LastEvaluatedKey"])
}

// known reports whether a value is of a type of DynamoDB all through, and its numbers are ones of JSON.
func known(value types.AttributeValue) bool {
	switch v := value.(type) {
	case nil, *types.UnknownUnionMember:
		return false
	case *types.AttributeValueMemberN:
		return isNumber([]byte(v.Value))
	case *types.AttributeValueMemberNS:
		return !slices.ContainsFunc(v.Value, func(n string) bool { return !isNumber([]byte(n)) })
	case *types.AttributeValueMemberL:
		return !slices.ContainsFunc(v.Value, func(one types.AttributeValue) bool { return !known(one) })
	case *types.AttributeValueMemberM:
		for _, one := range v.Value {
			if !known(one) {
				return false
			}
		}
	}
	return true
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
		r := &response{}
		err := r.read(body)
		if !json.Valid(body) { // of which some make the SDK panic
			if err == nil {
				t.Fatalf("%q: found no error", body)
			}
			return
		}
		sent := body
		if all := map[string]json.RawMessage{}; err == nil && json.Unmarshal(body, &all) == nil {
			var read []string // the members of which we read nothing may have any type
			for _, name := range []string{"Items", "LastEvaluatedKey"} {
				if value, has := all[name]; has {
					read = append(read, fmt.Sprintf("%q:%s", name, value))
				}
			}
			sent = []byte("{" + strings.Join(read, ",") + "}")
		}
		want, wantErr := clientOf(sent).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(tableName)})
		if err != nil {
			if wantErr == nil && documented(body, want) {
				t.Fatalf("%q: found %v", body, err)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("%q: found no error, the SDK %v", body, wantErr)
		}
		var all []string
		for _, it := range want.Items {
			one, err := reference(it)
			if err != nil {
				t.Fatalf("%q: %v", body, err)
			}
			all = append(all, string(one))
		}
		if len(r.items) != len(all) {
			t.Fatalf("%q: found %d items, expected %d", body, len(r.items), len(all))
		}
		for i, one := range all {
			same := string(r.items[i]) == one
			if !utf8.Valid(body) { // a byte that is no text becomes U+FFFD, with or without an escape
				var found, expected any
				same = json.Unmarshal(r.items[i], &found) == nil && json.Unmarshal([]byte(one), &expected) == nil && reflect.DeepEqual(found, expected)
			}
			if !same {
				t.Fatalf("%q: found %s, expected %s", body, r.items[i], one)
			}
		}
		if last := sdkKey(t, want.LastEvaluatedKey); !cmp.Equal(r.last, last, cmpopts.EquateEmpty()) {
			t.Fatalf("%q: found the key %v, expected %v", body, r.last, last)
		}
	})
}

// sdkKey is a key of the SDK in our form.
func sdkKey(t *testing.T, of item) key {
	t.Helper()
	out := key{}
	for name, value := range of {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			out[name] = text(v.Value)
		case *types.AttributeValueMemberN:
			out[name] = number(v.Value)
		case *types.AttributeValueMemberB:
			out[name] = binary(v.Value)
		default:
			t.Fatalf("found a key of type %T", value)
		}
	}
	return out
}
