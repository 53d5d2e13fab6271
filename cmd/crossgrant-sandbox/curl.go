package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/background"
)

func curlCommand() *cobra.Command {
	var directory, account, data string
	var headers []string
	var include, asJSON bool
	var r sandbox.APIRequest
	c := &cobra.Command{
		Use:   "curl URL|/PATH [flags]",
		Short: "Send a request to a deployed API, or to an AWS service",
		Long: `Send an HTTP request to an API of API Gateway that is deployed in the sandbox, and print the body of the
response: of an HTTP API, or of a REST API with Lambda proxy integrations. API Gateway invokes the route's
function as deployed, if the function's permissions let it. Name the API by its URL,
https://ID.execute-api.REGION.amazonaws.com/…, or give a path without the stage for the only API or for
--api. Routes with an authorizer (JWT, Lambda, Cognito) are not run.

With the URL of an AWS service, such as https://sts.ap-northeast-1.amazonaws.com/?Action=…, send the request
to that service in the sandbox.

Requests are signed as the administrator of the account: that of the API, or --account.

Exit code, as in curl: 0 whatever the status of the response is, 1 on an error.`,
		Example: `  crossgrant sandbox curl '/items?limit=5'
  crossgrant sandbox curl -i -X POST -H 'Content-Type: application/json' -d '{"a": 1}' /orders --api orders
  crossgrant sandbox curl --account target https://s3.ap-northeast-1.amazonaws.com/`,
		DisableFlagsInUseLine: true,
		Args:                  one("URL or /PATH", "where the request goes"),
		RunE: func(c *cobra.Command, args []string) error {
			u, err := url.Parse(args[0])
			if err != nil {
				return fmt.Errorf("read the URL: %w", err)
			}
			if u.Host == "" && !strings.HasPrefix(args[0], "/") {
				return fmt.Errorf("found %q, expected a path that begins with /, or a URL that begins with https://", args[0])
			}
			r.URL, r.Header = args[0], http.Header{"User-Agent": {"crossgrant"}, "Accept": {"*/*"}}
			if c.Flags().Changed("data") {
				if r.Body, err = readData(c, data); err != nil {
					return fmt.Errorf("--data: %w", err)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
				r.Method = cmp.Or(r.Method, http.MethodPost)
			}
			r.Method = cmp.Or(r.Method, http.MethodGet)
			if err := addHeaders(r.Header, headers); err != nil {
				return err
			}
			operation := background.RequestAPI
			if u.Host != "" && !sandbox.IsAPI(u) {
				if operation = background.RequestService; r.API != "" {
					return errors.New("found --api with the URL of a service, expected one of them")
				}
			}
			state, err := running(directory)
			if err != nil {
				return err
			}
			response, err := operation.Call(c.Context(), state.Control, background.APIInput{Account: account, Request: r})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), struct {
					Status int         `json:"status"`
					Header http.Header `json:"header"`
					Body   string      `json:"body"`
					Note   string      `json:"note,omitempty"`
				}{response.Status, response.Header, string(response.Body), response.Note})
			}
			return printResponse(c, response, include)
		},
	}
	directoryFlag(c, &directory)
	f := c.Flags()
	f.StringVar(&account, "account", "", "the `account` of the API, or whose administrator signs: source, target or an ID; default any, and source")
	f.StringVar(&r.API, "api", "", "the `name` of the API of a path")
	f.StringVarP(&r.Method, "request", "X", "", "the `method`; default GET, and POST with --data")
	f.StringVarP(&data, "data", "d", "", "the `body` of the request; @FILE for a file, @- for standard input")
	f.StringArrayVarP(&headers, "header", "H", nil, "a `header`, such as 'Content-Type: application/json'; may be given again")
	f.BoolVarP(&include, "include", "i", false, "print the status and the headers of the response, too")
	f.BoolVar(&asJSON, "json", false, "print JSON: the status, the headers, and the body as text")
	f.BoolVar(&r.Unsigned, "unsigned", false, "send the request without a signature")
	c.MarkFlagsMutuallyExclusive("include", "json")
	return c
}

// readData reads the argument of --data.
func readData(c *cobra.Command, data string) ([]byte, error) {
	if file, ok := strings.CutPrefix(data, "@"); ok {
		return readFile(c, file)
	}
	return []byte(data), nil
}

// addHeaders adds headers of the form "Name: value". The first of a name replaces what is there.
func addHeaders(to http.Header, headers []string) error {
	given := http.Header{}
	for _, one := range headers {
		name, value, ok := strings.Cut(one, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return fmt.Errorf("--header: found %q, expected one such as 'Content-Type: application/json'", one)
		}
		given.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	for name, values := range given {
		to[name] = values
	}
	return nil
}

// printResponse prints a response as curl does, and why API Gateway answered itself.
func printResponse(c *cobra.Command, r sandbox.APIResponse, include bool) error {
	out := c.OutOrStdout()
	if include {
		fmt.Fprintf(out, "HTTP/1.1 %d %s\n", r.Status, http.StatusText(r.Status))
		var names []string
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			for _, value := range r.Header[name] {
				fmt.Fprintf(out, "%s: %s\n", name, value)
			}
		}
		fmt.Fprintln(out)
	}
	if _, err := out.Write(r.Body); err != nil {
		return err
	}
	if r.Note != "" {
		fmt.Fprintf(c.ErrOrStderr(), "status %d: %s\n", r.Status, r.Note)
	}
	return nil
}
