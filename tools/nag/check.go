package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/cloudformationinclude"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// check applies the rules to all templates, in one app: CDK takes a second to start, and little for each stack.
func check(templates []template) (r report, err error) {
	defer recoverError(&err)
	r = newReport(len(templates))
	for _, t := range templates {
		r.findings = append(r.findings, t.invalidSuppressions()...)
	}
	if len(r.findings) > 0 {
		return r, nil // cdk-nag stops here too
	}
	outdir, err := os.MkdirTemp("", "nag-")
	if err != nil {
		return r, fmt.Errorf("make a directory for the app: %w", err)
	}
	defer os.RemoveAll(outdir)
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(outdir), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
		Context: &map[string]any{"aws:cdk:disable-creation-stack-traces": true},
	})
	for i, t := range templates {
		if err := include(app, stackName(i), t.file); err != nil {
			return r, err
		}
	}
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: jsii.Bool(false), Verbose: jsii.Bool(true), LogIgnores: jsii.Bool(true),
	}), nil)
	app.Synth(nil)
	for i, t := range templates {
		var messages map[string][]message
		if err := readJSON(filepath.Join(outdir, stackName(i)+".metadata.json"), &messages); err != nil {
			return r, err
		}
		r.add(t, messages)
	}
	return r, nil
}

func stackName(i int) string { return fmt.Sprintf("Template%d", i) }

// include adds a stack that consists of the template only. CDK's own additions would collide with those in the template.
func include(app awscdk.App, name, file string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: found a template that CDK cannot include (%w), expected a CloudFormation template", file, err)
		}
	}()
	defer recoverError(&err)
	stack := awscdk.NewStack(app, jsii.String(name), &awscdk.StackProps{
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{GenerateBootstrapVersionRule: jsii.Bool(false)}),
	})
	cloudformationinclude.NewCfnInclude(stack, jsii.String("T"), &cloudformationinclude.CfnIncludeProps{TemplateFile: jsii.String(file)})
	return nil
}

// recoverError turns a panic of jsii, which the input causes, into an error. A runtime error is a defect of this program and panics again.
func recoverError(err *error) {
	switch problem := recover().(type) {
	case nil:
	case runtime.Error:
		panic(problem)
	default:
		*err = fmt.Errorf("%v", problem)
	}
}
