package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
)

// Settings are what the sandbox needs of the app's configuration, as it stands in cdk.json.
type Settings struct {
	// SourceAccount is the id of the account that the functions run in.
	SourceAccount string `json:"sourceAccount"`
	// TargetAccount is the id of the account that owns the data.
	TargetAccount string `json:"targetAccount"`
	// Region is the region of both.
	Region string `json:"region"`
	// Prefixes are the granted key prefixes.
	Prefixes []string `json:"prefixes"`
}

func readSettings(file string) (Settings, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return Settings{}, fmt.Errorf("read the app's configuration (run in the folder of the app): %w", err)
	}
	var app struct {
		Context Settings `json:"context"`
	}
	if err := json.Unmarshal(content, &app); err != nil {
		return Settings{}, fmt.Errorf("read %s: %w", file, err)
	}
	s := app.Context
	if s.SourceAccount == "" || s.TargetAccount == "" || s.Region == "" || len(s.Prefixes) < 2 {
		return Settings{}, fmt.Errorf("read %s: found context %+v, expected sourceAccount, targetAccount, region and two or more prefixes", file, s)
	}
	return s, nil
}
