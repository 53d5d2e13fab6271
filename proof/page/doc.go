// Package page writes the report of a proof as one self-contained HTML page. It proves nothing (package proof does).
package page
