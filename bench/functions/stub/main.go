// Command stub is the AWS that the figures are measured against: STS, S3 and DynamoDB with generated data, in a process of its own. It writes
// HTTP itself, since net/http would take more of the processor than the functions do. It checks no signature and keeps nothing that is written.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
)

// The stub prints its address and ends with its standard input, so that it does not outlive whoever started it.
func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	s := newServer()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				log.Fatal(err)
			}
			go s.converse(conn)
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}

// request is what the stub reads of a request.
type request struct {
	method, path, query string
	copySource          string // x-amz-copy-source
	copyRange           string // x-amz-copy-source-range
	target              string // x-amz-target
	byteRange           string
	body                []byte
}

// response is a status with a body. The header lines each end with CRLF.
type response struct {
	status int
	header string
	body   []byte
}

func (s *server) converse(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 16<<10)
	var out []byte
	for {
		r, err := readRequest(in, conn)
		if err != nil {
			return
		}
		res := s.serve(r)
		out = append(out[:0], "HTTP/1.1 "...)
		out = strconv.AppendInt(out, int64(res.status), 10)
		out = append(out, " X\r\nServer: AmazonS3\r\nx-amz-request-id: 0123456789ABCDEF\r\n"...)
		out = append(out, res.header...)
		if !strings.Contains(res.header, "Content-Length:") {
			out = append(out, "Content-Length: "...)
			out = strconv.AppendInt(out, int64(len(res.body)), 10)
			out = append(out, "\r\n"...)
		}
		out = append(out, "\r\n"...)
		buffers := net.Buffers{out, res.body}
		if _, err := buffers.WriteTo(conn); err != nil {
			return
		}
	}
}

// readRequest reads a request whose body has a Content-Length or is chunked.
func readRequest(in *bufio.Reader, conn net.Conn) (request, error) {
	var r request
	line, err := in.ReadSlice('\n')
	if err != nil {
		return r, err
	}
	words := strings.SplitN(string(line), " ", 3)
	if len(words) != 3 {
		return r, fmt.Errorf("found the request line %q", line)
	}
	r.method = words[0]
	r.path, r.query, _ = strings.Cut(words[1], "?")
	length, chunked := 0, false
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return r, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.Atoi(value); err != nil {
				return r, err
			}
		case "transfer-encoding":
			chunked = strings.EqualFold(value, "chunked")
		case "x-amz-copy-source":
			r.copySource = value
		case "x-amz-copy-source-range":
			r.copyRange = value
		case "x-amz-target":
			r.target = value
		case "range":
			r.byteRange = value
		case "expect":
			if _, err := io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return r, err
			}
		}
	}
	if chunked {
		r.body, err = readChunks(in)
		return r, err
	}
	r.body = make([]byte, length)
	_, err = io.ReadFull(in, r.body)
	return r, err
}

func readChunks(in *bufio.Reader) ([]byte, error) {
	var body []byte
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseUint(size, 16, 32)
		if err != nil {
			return nil, err
		}
		chunk := make([]byte, n+2) // with the CRLF behind it
		if _, err := io.ReadFull(in, chunk); err != nil {
			return nil, err
		}
		if n == 0 {
			return body, nil
		}
		body = append(body, chunk[:n]...)
	}
}
