package policy

import "testing"

func TestUnresolvedText(t *testing.T) {
	text := "arn:aws:s3:::" + Unresolved("Stack/Bucket") + "/in/" + Unresolved("AWS::Region")
	if got := Readable(text); got != "arn:aws:s3:::‹Stack.Bucket›/in/‹AWS..Region›" {
		t.Errorf("found %q", got)
	}
	if IsKnown(text) || !IsKnown("arn:aws:s3:::b/in/") {
		t.Error("found unknown what is known, or the reverse")
	}
	if Unresolved("a\x00b") != Unresolved("ab") {
		t.Error("a name cannot hold the mark")
	}
}
