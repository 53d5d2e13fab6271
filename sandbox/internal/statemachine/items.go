package statemachine

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// errEnough ends the reading at MaxItems.
var errEnough = errors.New("enough items")

// readItems calls add for each item of a Map.
func (m *mapOptions) readItems(config Config, input, of any, add func(any) error) error {
	if m.reader == nil {
		items, err := m.itemsOf(input, of)
		if err != nil {
			return err
		}
		for _, item := range items {
			if err := add(item); err != nil {
				return err
			}
		}
		return nil
	}
	filled, err := m.reader.parameters.fill(input, of)
	if err != nil {
		return &Error{errorRuntime, "ItemReader: " + err.Error()}
	}
	parameters := filled.(map[string]any)
	bucket, _ := parameters["Bucket"].(string)
	left := m.reader.maxItems
	counted := func(item any) error {
		if m.reader.maxItems > 0 {
			if left == 0 {
				return errEnough
			}
			left--
		}
		return add(item)
	}
	if m.reader.list {
		prefix, _ := parameters["Prefix"].(string)
		err = listItems(config.S3, bucket, prefix, counted)
	} else {
		key, _ := parameters["Key"].(string)
		err = m.reader.object(config, bucket, key, counted)
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// listItems lists all objects under a prefix. Its items are as in https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html.
func listItems(client S3, bucket, prefix string, add func(any) error) error {
	in := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, EncodingType: "url"}
	for {
		page, err := client.ListObjectsV2(context.Background(), in)
		if err != nil {
			return err
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if page.EncodingType == "url" {
				if key, err = url.QueryUnescape(key); err != nil {
					return fmt.Errorf("list bucket %s: %w", bucket, err)
				}
			}
			item := map[string]any{
				"Etag": aws.ToString(o.ETag), "Key": key, "LastModified": number(int(aws.ToTime(o.LastModified).Unix())), "Size": number(int(aws.ToInt64(o.Size))),
				"StorageClass": string(o.StorageClass),
			}
			if err := add(item); err != nil {
				return err
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			return nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

// object reads the items of one object.
func (r *itemReader) object(config Config, bucket, key string, add func(any) error) error {
	text, err := getObject(config.S3, bucket, key)
	if err != nil {
		return err
	}
	switch r.input {
	case "PARQUET":
		rows, err := config.Parquet(text)
		if err != nil {
			return fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
		}
		for _, row := range rows {
			if err := add(row); err != nil {
				return err
			}
		}
		return nil
	case "CSV":
		return readCSV(text, r.delimiter, r.headers, add)
	}
	return readInventory(config.S3, bucket, key, text, add)
}

func getObject(client S3, bucket, key string) ([]byte, error) {
	out, err := client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil || !strings.HasSuffix(key, ".gz") {
		return text, err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	}
	return io.ReadAll(unpacked)
}

// readInventory reads the data files of an S3 Inventory, which have to be CSV. The keys of their items stay URL-encoded.
func readInventory(client S3, bucket, key string, text []byte, add func(any) error) error {
	value, err := decode(text)
	manifest, _ := value.(map[string]any)
	format, _ := manifest["fileFormat"].(string)
	schema, _ := manifest["fileSchema"].(string)
	files, _ := manifest["files"].([]any)
	switch {
	case err != nil:
		return fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	case format != "CSV" || schema == "":
		return fmt.Errorf("read s3://%s/%s: found the fileFormat %q with the fileSchema %q, expected CSV with its columns", bucket, key, format, schema)
	}
	var headers []string
	for _, name := range strings.Split(schema, ",") {
		headers = append(headers, strings.TrimSpace(name))
	}
	for _, file := range files {
		object, _ := file.(map[string]any)
		name, _ := object["key"].(string)
		data, err := getObject(client, bucket, name)
		if err != nil {
			return err
		}
		if err := readCSV(data, ',', headers, add); err != nil {
			return err
		}
	}
	return nil
}

// readCSV reads rows by the rules of Step Functions; without headers the first row has them. Rows that are too short get empty texts, and of rows that
// are too long the rest is left out.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
func readCSV(text []byte, delimiter byte, headers []string, add func(any) error) error {
	for len(text) > 0 {
		var row []string
		row, text = csvRow(text, delimiter)
		if len(row) == 1 && row[0] == "" {
			continue
		}
		if headers == nil {
			headers = row
			continue
		}
		item := map[string]any{}
		for i, name := range headers {
			item[name] = ""
			if i < len(row) {
				item[name] = row[i]
			}
		}
		if err := add(item); err != nil {
			return err
		}
	}
	return nil
}

// csvRow reads one row.
func csvRow(text []byte, delimiter byte) (row []string, rest []byte) {
	var field []byte
	quoted := false
	for i := 0; i < len(text); i++ {
		c, next := text[i], byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch {
		case c == '\\':
			if next == '\\' || next == '"' || next == delimiter {
				field = append(field, next)
				i++
			}
		case quoted && c == '"' && next == '"':
			field = append(field, '"')
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == delimiter:
			row, field = append(row, string(field)), nil
		case !quoted && c == '\n':
			return append(row, strings.TrimSuffix(string(field), "\r")), text[i+1:]
		default:
			field = append(field, c)
		}
	}
	return append(row, string(field)), nil
}
