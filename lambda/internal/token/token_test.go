package token

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

type place struct {
	Key string `json:"key"`
	N   int    `json:"n"`
}

const most = 1024

func TestATokenKeepsWhatItWasMadeOf(t *testing.T) {
	for _, want := range []place{{}, {"inbox/1", 7}, {"\x00<é😀\u2028\"\\", -1}} {
		text, err := Encode(want, "reports")
		if err != nil || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("%s, %v", text, err)
		}
		var got place
		if err := Decode(text, "reports", "next", most, &got); err != nil || got != want {
			t.Errorf("found %+v, %v, expected %+v", got, err, want)
		}
	}
}

func TestATokenThatIsNotOurs(t *testing.T) {
	good, err := Encode(place{"inbox/1", 7}, "reports")
	if err != nil {
		t.Fatal(err)
	}
	made := func(body, context string) string {
		text, err := Encode(json.RawMessage(body), context)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, text := range map[string]string{
		"empty":               "",
		"altered":             good[:30] + "A" + good[31:],
		"shorter":             good[:len(good)-1],
		"longer":              good + "A",
		"with a line break":   good + "\n",
		"padded":              good + "=",
		"no base64":           "!" + good,
		"only a checksum":     made("0", "reports")[:21],
		"of another context":  made(`{"key":"inbox/1","n":7}`, "orders"),
		"with another field":  made(`{"key":"inbox/1","m":7}`, "reports"),
		"of another type":     made(`[1]`, "reports"),
		"longer than a bound": made(`{"key":"`+strings.Repeat("a", most)+`"}`, "reports"),
	} {
		var got place
		err := Decode(text, "reports", `field "next"`, most, &got)
		var invalid *event.Invalid
		if !errors.As(err, &invalid) || invalid.Field != `field "next"` {
			t.Errorf("%s: found %v, expected an invalid field \"next\"", name, err)
		}
	}
	var got place
	if err := Decode(made(`{"key":"inbox/1","n":7}`, "reports"), "reports", "next", most, &got); err != nil || got.Key != "inbox/1" {
		t.Errorf("the twin that is right: %v", err)
	}
}

func TestWhatJSONCannotHoldMakesNoToken(t *testing.T) {
	if text, err := Encode(math.NaN(), "reports"); err == nil {
		t.Errorf("made %s", text)
	}
}

func FuzzDecode(f *testing.F) {
	good, _ := Encode(place{"inbox/1", 7}, "reports")
	f.Add(good)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		var got, back place
		if Decode(text, "reports", "next", most, &got) != nil {
			return
		}
		again, err := Encode(got, "reports")
		if err != nil || Decode(again, "reports", "next", most, &back) != nil || back != got {
			t.Fatalf("%+v became %+v, %v", got, back, err)
		}
	})
}
