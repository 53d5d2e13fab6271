package main

import "testing"

// A break of a template of another partition names what is there.
func TestARNsAreOfTheTemplatesPartition(t *testing.T) {
	for template, expected := range map[string]string{
		`["arn:aws:s3:::a","arn:aws:iam::1:root"]`:        `["arn:aws:s3:::a","arn:aws:iam::1:root"]`,
		`["arn:aws-cn:s3:::a","arn:aws:iam::1:root"]`:     `["arn:aws-cn:s3:::a","arn:aws-cn:iam::1:root"]`,
		`["arn:aws-us-gov:s3:::a","arn:aws:iam::1:root"]`: `["arn:aws-us-gov:s3:::a","arn:aws-us-gov:iam::1:root"]`,
	} {
		if found := string(inPartition([]byte(template))); found != expected {
			t.Errorf("%s: found %s, expected %s", template, found, expected)
		}
	}
}
