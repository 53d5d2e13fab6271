package assembly

import (
	"fmt"
	"path"
	"strings"
)

// readAssets notes which file each object key is published from: the template of a nested stack is found by its URL, too.
func (d *directory) readAssets(sub, file string, assets map[string]string) error {
	name := path.Join(sub, file)
	document, err := d.read(name)
	if err != nil {
		return err
	}
	root, err := readJSON(document)
	if err != nil {
		return fmt.Errorf("%s: %w", d.path(name), err)
	}
	for _, asset := range object(object(root)["files"]) {
		source := word(object(object(asset)["source"])["path"])
		for _, destination := range object(object(asset)["destinations"]) {
			if key := word(object(destination)["objectKey"]); key != "" && source != "" {
				assets[key] = source
			}
		}
	}
	return nil
}

// nestedFile returns the template of a nested stack: the resource says it in its metadata, unless the CDK was told to write none; then it
// is what the assembly publishes at the template's URL.
// https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cx-api/lib/assets.ts
func nestedFile(sub string, assets map[string]string, resource map[string]any) string {
	file := word(object(resource["Metadata"])["aws:asset:path"])
	if file == "" {
		url := lastText(object(resource["Properties"])["TemplateURL"])
		file = assets[url[strings.LastIndexByte(url, '/')+1:]]
	}
	if file == "" {
		return ""
	}
	return path.Join(sub, file)
}

// lastText is the text that stands last in a value, such as the end of what Fn::Join joins.
func lastText(node any) string {
	switch v := node.(type) {
	case string:
		return v
	case *call:
		return lastText(v.argument)
	case []any:
		if len(v) > 0 {
			return lastText(v[len(v)-1])
		}
	}
	return ""
}
