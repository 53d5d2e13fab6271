// Package page writes the report of a proof as one self-contained HTML page. It proves nothing (package proof does) and reads no assembly.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

var (
	//go:embed html
	files embed.FS
	pages = template.Must(template.New("").Funcs(template.FuncMap{"icon": icon, "plus": plus}).ParseFS(files, "html/*.gohtml"))

	style, script = file("style.css"), file("script.js")
	// security allows no other source, and no scripts and styles but the page's own.
	security = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(style), hash(script))
)

// Options are what a page shows besides the report.
type Options struct {
	// Access is what the assembly permits, as its first subject: the table at the top. Nil for no table.
	Access *proof.Enumeration
	// Assumed is what was assumed for that.
	Assumed []assembly.Note
	// Commit is the Git commit that the assembly is of, with "-dirty" at its end if files differ from it. "" if there is none.
	Commit string
	// Written is when the assembly was written. Zero if that is not known.
	Written time.Time
}

// Write writes a report as an HTML page that needs no other file and no network. The same report and options give the same bytes. It writes
// all of the page or, if that fails before the first byte, nothing.
func Write(w io.Writer, r *proof.Report, options Options) error {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, "page.gohtml", newView(r, options)); err != nil {
		return fmt.Errorf("make the page: %w", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// icon is the shape of a sign. Its word is next to it.
func icon(s sign) template.HTML {
	return template.HTML(`<svg class="i" aria-hidden="true"><use href="#i-` + s.Icon + `"/></svg>`)
}

func plus(a, b int) int { return a + b }

func file(name string) string {
	content, err := files.ReadFile("html/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(content)
}

// hash is how a security policy names an inline script or style.
// https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy#hash-algorithm-hash-value
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
