package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/internal/findings"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
	"github.com/crossgrant/crossgrant/internal/schema"
	"github.com/crossgrant/crossgrant/proof/expect"
)

// modulePath is the module that this command is a part of.
const modulePath = "github.com/crossgrant/crossgrant"

// versionJSON is what version prints as JSON.
type versionJSON struct {
	// Version is that of the module: a release such as v1.2.3, a pseudo-version of a commit, or "(devel)" where the build recorded none.
	Version string `json:"version"`
	// Go is the version of the compiler, OS and Architecture are what it compiled for.
	Go           string `json:"go"`
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	// Formats are the versions of the files that this command reads and writes.
	Formats map[string]int `json:"formats"`
	// Data are the days of AWS's data in it, as "2006-01-02".
	Data map[string]string `json:"data"`
}

func versionCommand() *cobra.Command {
	var asJSON bool
	c := withErrors(&cobra.Command{
		Use:   "version",
		Short: "Print the version, and of which day AWS's data in it is",
		Long: `Print the version of crossgrant, the compiler and the platform, the versions of the formats that it
reads and writes, and the days of AWS's data that it decides by.

A release has its version, such as v1.2.3, also if "go install" or "go tool" built it. A build of a
clone has the commit, as a pseudo-version, or (devel) if Git was not asked.

Exit code: 0, 2 on an error.`,
		RunE: func(c *cobra.Command, _ []string) error {
			v := versionJSON{
				Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Architecture: runtime.GOARCH,
				Formats: map[string]int{"contract": contract.Format, "expectations": expect.Version, "facts": facts.Version, "output": findings.Version},
				Data: map[string]string{
					"serviceAuthorizationReference": authorization.Date(), "cloudFormationSchemas": schema.Date(), "managedPolicies": managedpolicy.Date(),
				},
			}
			if info, ok := debug.ReadBuildInfo(); ok {
				v.Version = versionOf(info)
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), v)
			}
			p := newPrinter(c.OutOrStdout())
			p.Printf("crossgrant %s (%s, %s/%s)\n", v.Version, v.Go, v.OS, v.Architecture)
			p.Printf("formats: contract %d, expectations %d, facts %d, output %d\n",
				v.Formats["contract"], v.Formats["expectations"], v.Formats["facts"], v.Formats["output"])
			p.Printf("data of AWS: Service Authorization Reference %s, CloudFormation schemas %s, managed policies %s\n",
				v.Data["serviceAuthorizationReference"], v.Data["cloudFormationSchemas"], v.Data["managedPolicies"])
			return p.Flush()
		},
	}, 0, "none, only flags")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: version, go, os, architecture, formats and data")
	return c
}

// versionOf is the version of this module in a build: of the main module, or of the module that another one has this command from, by "go tool".
// https://pkg.go.dev/runtime/debug#BuildInfo
func versionOf(info *debug.BuildInfo) string {
	found := &info.Main
	if found.Path != modulePath {
		i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == modulePath })
		if i < 0 {
			return "(devel)"
		}
		found = info.Deps[i]
	}
	if found.Replace != nil {
		return fmt.Sprintf("%s, replaced by %s", found.Version, found.Replace.Path)
	}
	if found.Version == "" {
		return "(devel)"
	}
	return found.Version
}
