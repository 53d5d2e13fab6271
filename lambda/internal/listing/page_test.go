package listing

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
)

// reference encodes an object by encoding/json.
func reference(t testing.TB, key string, object types.Object) string {
	t.Helper()
	encoded, err := answer.JSON(struct {
		Key          string `json:"key"`
		Size         int64  `json:"size"`
		LastModified string `json:"lastModified"`
		ETag         string `json:"etag"`
	}{key, aws.ToInt64(object.Size), aws.ToTime(object.LastModified).UTC().Format(time.RFC3339Nano), strings.Trim(aws.ToString(object.ETag), `"`)})
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func FuzzObject(f *testing.F) {
	f.Add("inbox/a <b>&\u2028.txt", int64(5), int64(1767323045), int64(0), `"0123456789abcdef"`)
	f.Add("\x00\"\\\xff", int64(-1), int64(-62135596800), int64(123456789), "e\"\n\"")
	f.Fuzz(func(t *testing.T, key string, size, seconds, nanoseconds int64, etag string) {
		object := types.Object{Size: &size, ETag: &etag, LastModified: aws.Time(time.Unix(seconds, nanoseconds).In(time.FixedZone("JST", 9*3600)))}
		if got, want := string(appendObject(nil, key, object)), reference(t, key, object); got != want {
			t.Errorf("found %s, encoding/json %s", got, want)
		}
	})
}

func TestAnObjectWithoutAnything(t *testing.T) {
	const want = `{"key":"","size":0,"lastModified":"0001-01-01T00:00:00Z","etag":""}`
	if got := string(appendObject(nil, "", types.Object{})); got != want {
		t.Errorf("found %s, expected %s", got, want)
	}
}
