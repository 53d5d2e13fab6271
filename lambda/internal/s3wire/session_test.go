package s3wire

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// A session that S3 refuses is replaced once for each call, by ours and by the SDK's client; calls at the same time share the next one.
func TestARefusedSessionIsReplacedOnce(t *testing.T) {
	for _, code := range []string{"ExpiredToken", "InvalidAccessKeyId", "InvalidClientTokenId"} {
		for _, payer := range []string{"", "requester"} { // the SDK makes the call of the second
			for _, good := range []bool{true, false} {
				const answers = 3
				var asked, sessions atomic.Int64
				server := fakeaws.Start(t, func(c fakeaws.Call) fakeaws.Reply {
					reply := fakeaws.Assumed(time.Hour)(c)
					reply.Body = strings.ReplaceAll(reply.Body, "ASIATARGET", "ASIATARGET"+string(rune('0'+sessions.Add(1))))
					return reply
				}, func(c fakeaws.Call) fakeaws.Reply {
					n := asked.Add(1)
					if n > 1 && !(good && strings.Contains(c.Header.Get("Authorization"), "ASIATARGET2/")) { // the first session expires
						return fakeaws.S3Error(http.StatusForbidden, code, "m")
					}
					return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`}
				})
				config, err := awsclient.Load(environment(map[string]string{"AWS_ENDPOINT_URL": server.URL}), awsclient.Options{Region: "eu-west-1"})
				if err != nil {
					t.Fatal(err)
				}
				config.Config = targetrole.Config(config.Config, targetrole.Role{ARN: "arn:aws:iam::222222222222:role/r", SessionName: "s"}, targetrole.Limits{})
				c := New(config)
				in := &s3.ListObjectsV2Input{Bucket: aws.String("bucket"), RequestPayer: "requester"}
				in.RequestPayer = in.RequestPayer[:len(payer)]
				for range 2 {
					_, err = c.ListObjectsV2(t.Context(), in)
				}
				if (err == nil) != good || asked.Load() != answers || sessions.Load() != 2 && good {
					t.Errorf("%s, payer %q, good %t: found %v after %d answers and %d sessions, expected %d and 2", code, payer, good, err, asked.Load(), sessions.Load(), answers)
				}
			}
		}
	}
}
