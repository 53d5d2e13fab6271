package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
)

// keyPolicy writes the policies of deployed keys as texts before a request that reads them: the local AWS cannot read them as its CloudFormation keeps them, and
// describes no key without.
func (g *Gateway) keyPolicy(ctx context.Context, c *call, now *deployed.Now) error {
	if c.Service != "kms" || c.Operation != "DescribeKey" && c.Operation != "GetKeyPolicy" {
		return nil
	}
	for _, ask := range c.Asks {
		for _, key := range now.Assembly().ByARN(ask.Resource) {
			text, err := json.Marshal(key.Properties["KeyPolicy"])
			if err != nil {
				return fmt.Errorf("write the policy of key %s: %w", ask.Resource, err)
			}
			if err := g.putKeyPolicy(ctx, key.Stack.Account, ask.Resource, string(text)); err != nil {
				return err
			}
		}
	}
	return nil
}

// putKeyPolicy gives the local AWS the policy of a key.
func (g *Gateway) putKeyPolicy(ctx context.Context, account, key, document string) error {
	body, _ := json.Marshal(map[string]string{"KeyId": key, "PolicyName": "default", "Policy": document}) // never fails: texts only
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(g.backend.String(), "/")+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	of, _ := arn.Parse(key)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService.PutKeyPolicy")
	response, err := g.send(r, account, of.Region, "kms")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("write the policy of key %s: the local AWS answers %s", key, response.Status)
	}
	return nil
}
