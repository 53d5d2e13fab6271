// Command minimal is the least that a Lambda function in Go can be: aws-lambda-go and an answer. It is the floor of start, first answer and
// memory, and calls no AWS service.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, event json.RawMessage) (json.RawMessage, error) { return event, nil })
}
